import { helpEn } from './en-help.ts'
import { optionsEn } from './en-options.ts'

/** Everything a person reads, in English; every other language has exactly these keys. */
export const en = {
  help: helpEn,
  ...optionsEn,

  usage: {
    titles: {
      'Usage:': 'Usage:',
      'Options:': 'Options:',
      'Arguments:': 'Arguments:',
      'Commands:': 'Commands:',
      'Global Options:': 'Options of every command:',
      examples: 'Examples:',
    },
    words: { options: 'options', command: 'command' },
    exitCodes:
      'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the plan has changes, 4 not signed in,\n' +
      '5 refused (scope, policy, approval), 6 timeout or unknown outcome, 130 interrupted.',
    didYouMean: (names: string) => `Did you mean ${names}?`,
    unknownCommand: (name: string) => `There is no command "${name}".`,
    unknownOption: (name: string) => `There is no option "${name}".`,
    missingArgument: (name: string) => `The argument <${name}> is missing.`,
    missingValue: (option: string) => `The option ${option} needs a value.`,
    missingOption: (option: string) => `The option ${option} is missing.`,
    conflict: (one: string, other: string) => `The options ${one} and ${other} exclude each other.`,
    excessArguments: 'There are too many arguments.',
    invalidValue: (option: string, value: string) => `"${value}" does not fit ${option}.`,
    allowed: (choices: readonly string[]) => `Allowed: ${choices.join(', ')}.`,
    wholeNumber: 'Give a whole number.',
  },

  up: {
    ready: (url: string) => `IKOMA is ready: ${url}`,
    store: (where: string) => `  Database    ${where}`,
    keyFile: (file: string, made: boolean) =>
      `  Admin key   ${file}${made ? ' (made now, readable by you alone)' : ''}`,
    keyFromEnvironment: '  Admin key   from IKOMA_ADMIN_KEY',
    runner: (id: string, folder: string) => `  Runner      ${id} (its files: ${folder})`,
    docs: (url: string) => `  API         ${url}`,
    tryThis: 'Place your first order:',
    thenRead:
      'Then watch one run, or see them all:\n\n  npx ikoma order create runner.selftest\n  npx ikoma order list',
    inviteRunner: 'No runner here. Invite a machine: npx ikoma runner invite',
  },

  errors: {
    prefix: 'error:',
    reason: 'reason',
    request: 'request',
    unexpected: (message: string) => `Unexpected: ${message}`,
    usageHint: 'Add --help to the command to see how it is used.',
    unreachable: (url: string, cause: string | null) => `No answer from ${url}${cause ? ` (${cause})` : ''}.`,
    unreachableHint: 'Is the control plane running? Start it with `npm start`, or name another with --url.',
    unauthorizedHint: 'Set IKOMA_TOKEN, or keep a credential with `ikoma context add`.',
    unreadableFile: (path: string) => `The file ${path} cannot be read.`,
    unwritableFile: (path: string, why: string) => `The file ${path} cannot be written: ${why}`,
    badUrl: (where: string, text: string) => `${where}: "${text}" is not an http or https address.`,
    badSpan: (option: string, text: string) => `${option}: "${text}" is not a duration. Write 90s, 5m, 2h or 3d.`,
    badMoment: (option: string, text: string) =>
      `${option}: "${text}" is not a time. Write 2026-01-31T12:00:00Z, or a duration such as 2h.`,
  },

  time: {
    day: 'd',
    now: 'just now',
    ago: (span: string) => `${span} ago`,
    in: (span: string) => `in ${span}`,
  },

  nouns: { order: 'order', runner: 'runner', host: 'host', schedule: 'schedule', token: 'token', context: 'context' },

  words: {
    yes: 'yes',
    no: 'no',
    none: 'none',
    never: 'never',
    paused: 'paused',
    overdue: 'overdue',
    expired: 'expired',
    removed: (noun: string, name: string) => `Removed ${noun} "${name}".`,
  },

  status: {
    PENDING_APPROVAL: 'waiting for approval',
    QUEUED: 'queued',
    CLAIMED: 'claimed',
    RUNNING: 'running',
    STALE: 'silent',
    SUCCEEDED: 'succeeded',
    FAILED: 'failed',
    TIMED_OUT: 'timed out',
    CANCELED: 'canceled',
    REJECTED: 'rejected',
    EXPIRED: 'expired',
    NEEDS_ATTENTION: 'needs attention',
  },
  runnerStatus: { ONLINE: 'online', OFFLINE: 'offline', DISABLED: 'disabled' },
  privilege: {
    executor: 'done by an executor of its own',
    root: 'done by the runner itself, which is root',
    none: 'not done: the runner is not root and has no executor',
  },
  risk: { read: 'reads', change: 'changes', destructive: 'destructive' },

  columns: {
    id: 'id',
    name: 'name',
    type: 'type',
    title: 'does',
    status: 'status',
    reason: 'reason',
    target: 'target',
    host: 'host',
    runner: 'runner',
    created: 'created',
    took: 'took',
    risk: 'risk',
    attempt: 'attempt',
    labels: 'labels',
    payload: 'payload',
    at: 'at',
    event: 'event',
    actor: 'actor',
    subject: 'subject',
    seq: 'no.',
    scope: 'scope',
    scopes: 'scopes',
    approval: 'approval',
    timeout: 'timeout',
    field: 'field',
    kind: 'kind',
    required: 'required',
    byDefault: 'default',
    seen: 'seen',
    concurrency: 'at a time',
    enrolled: 'enrolled',
    version: 'version',
    tags: 'tags',
    address: 'address',
    cron: 'cron',
    nextRun: 'next run',
    lastRun: 'last run',
    lastOrder: 'last order',
    problem: 'problem',
    privilege: 'as root',
    alertAfter: 'alert after',
    role: 'role',
    createdBy: 'created by',
    expires: 'expires',
    credential: 'credential',
    context: 'context',
    chosenBy: 'chosen by',
  },

  empty: {
    orders: 'No orders yet. Place one: ikoma order create runner.selftest',
    ordersFiltered: 'No order matches. Leave out a filter to see more.',
    logs: 'This order has written no log lines.',
    payloadFields: 'Its payload has no fields.',
    noRunner: 'no runner yet',
    runners: 'Invite a runner: ikoma runner invite --name <name>',
    hosts: 'No hosts yet. Add one: ikoma host add <name>',
    schedules: "No schedules yet. Add one: ikoma schedule add nightly runner.selftest --cron '0 3 * * *'",
    tokens: 'No tokens yet. Create one: ikoma token create <name> --role operator',
    audit: 'No audit event matches.',
    contexts: 'No contexts yet. Add one: ikoma context add <name> --url https://… --token-file -',
    more: (cursor: string) => `There is more: add --cursor ${cursor}, or --all.`,
  },

  confirm: {
    missing: (name: string) => `This cannot be undone. Confirm by naming it: --confirm ${name}`,
    different: (given: string, expected: string) => `--confirm says "${given}", but this is about "${expected}".`,
  },

  lookup: {
    none: (noun: string, text: string, command: string) => `There is no ${noun} "${text}". See them: ${command}`,
    several: (noun: string, text: string) => `More than one ${noun} fits "${text}". Give the id of one of these:`,
    badOrderId: (text: string) => `"${text}" is not an order id. Give the id, or 6 or more characters of its end.`,
  },

  exported: (count: number) => `${count} ${count === 1 ? 'order' : 'orders'} exported.`,

  target: {
    scope: (scope: string) => `scope ${scope}`,
    several: 'Give one of --runner, --host and --scope, not several.',
    noRunner: 'There is no runner yet. Invite one: ikoma runner invite --name <name>',
    chooseRunner: 'There is more than one runner. Say which:',
  },

  payload: {
    notAnObject: 'The payload is not a JSON object such as {"url": "https://example.org"}.',
    badPair: (option: string, text: string) => `${option}: "${text}" is not written as key=value.`,
  },

  create: {
    unknownType: (type: string, near: string[]) =>
      `There is no order type "${type}". ${near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'See them: ikoma order types'}`,
    detached: (id: string) => `Placed. Follow it: ikoma order logs -f ${id}`,
    unknown: (key: string) =>
      `No answer came, so the order may or may not have been placed. Run the same command again with --idempotency-key ${key}: it places the order once.`,
  },

  attach: {
    title: (type: string, target: string) => `${type} on ${target}`,
    dryRun: 'dry run',
    claimed: (runner: string, attempt: number) => `claimed by ${runner} (attempt ${attempt})`,
    notBefore: (time: string) => `queued, not before ${time}`,
    requeued: (reason: string, time: string) => `queued again, not before ${time} (${reason})`,
    stale: (reason: string) => `the runner has gone silent (${reason}); waiting for a late report`,
    cancelRequested: 'asked to stop',
    needsApproval: (id: string) =>
      `A person must approve it: ikoma order approve ${id} (or refuse it: ikoma order reject ${id})`,
    needsAttention: (id: string) =>
      `Nobody knows whether it took effect, so it is not run again. Look at the server, then: ikoma order retry ${id}`,
    succeeded: (status: string, span: string) => `${status} in ${span}`,
    ended: (status: string, span: string) => `${status} after ${span}`,
    reconnecting: 'connection lost, reconnecting …',
    interrupted: 'Stopped watching. The order goes on.',
    timeout: 'Waited long enough. The order goes on.',
    lost: 'The control plane no longer answers. The order may go on.',
    reattach: (id: string) => `Follow it: ikoma order logs -f ${id}`,
    cancel: (id: string) => `Cancel it: ikoma order cancel ${id}`,
  },

  diagnosis: {
    confidence: { certain: 'certain', likely: 'likely', possible: 'possible' },
    followsFrom: (cause: string) => `follows from: ${cause}`,
    notLookedAt: (what: string, why: string) => `not looked at: ${what} (${why})`,
  },

  runners: {
    enrolledAs: (name: string, folder: string) => `Enrolled as "${name}"; its files are in ${folder}.`,
    startWith: (command: string) => `Start it with: ${command}`,
    enrolNeedsUrl: 'Say where the control plane is: --url https://ikoma.example.org',
    nothingToEdit: 'Say what to change: --name, --scope, --concurrency, --enable or --disable.',
    rotated: (name: string, until: string) =>
      `New token of "${name}", shown this once. The old one works until ${until}.`,
    invited: (scopes: string, until: string) =>
      `Paste this line on the server. It works once, until ${until}, for the scopes ${scopes}.`,
    orInstall: (line: string) => `To have systemd run it, with root apart, paste this instead (as root): ${line}`,
    loopback: (url: string) =>
      `${url} leads only to this machine. For another server, invite with --public-url https://…`,
  },

  install: {
    notRoot: 'Installing needs root. Run the same command with sudo.',
    noSystemd:
      'There is no systemd here, which starts the runner. Without it: ikoma runner enrol, then ikoma runner run',
    notEnrolled:
      'This server is not enrolled. Run `ikoma runner invite` where the control plane is known, and give --url and --token.',
    interrupted: 'Interrupted. What was made was taken back.',
    nothing: 'Nothing to change.',
    wouldMake: (count: number) => `Would make ${count} ${count === 1 ? 'change' : 'changes'}.`,
    made: (count: number) => `Made ${count} ${count === 1 ? 'change' : 'changes'}.`,
    installed: [
      'The runner is started, and will be after every boot.',
      'What orders may do here is in /etc/ikoma/policy.json. Change it: ikoma runner install --allow <scope>',
      '(or by hand, and then: systemctl restart ikoma-runner).',
      "What was asked and done as root: journalctl -u 'ikoma-executor@*'",
    ],
    uninstalled: 'Settings, identity, journal and user are kept. Remove them too: ikoma runner uninstall --purge',
    purged:
      'What the installation made is gone; folders of apps stay, with the user that owns them. ' +
      'Remove the runner from the control plane too: ikoma runner remove <runner>',
  },

  hosts: {
    added: (name: string) =>
      `"${name}" has no runner yet. Invite one: ikoma runner invite --host ${name}, or: ikoma host attach ${name} <runner>`,
    attached: (name: string, runner: string) => `Orders for "${name}" now go to runner "${runner}".`,
    detached: (name: string) => `"${name}" no longer has a runner.`,
    runnerOrNone: 'Name a runner, or give --none to detach the one it has.',
  },

  schedules: {
    added: (name: string, next: string) => `Schedule "${name}" runs next at ${next}.`,
    resumed: (name: string, next: string) => `Schedule "${name}" goes on; next run at ${next}.`,
    paused: (name: string) => `Schedule "${name}" is paused. Resume it: ikoma schedule resume ${name}`,
  },

  tokens: {
    created: (name: string, until: string) => `Token "${name}", shown this once. It works until ${until}.`,
  },

  audit: {
    whole: (events: number) => `${events} events, the chain is whole.`,
    broken: (seq: number, fault: 'missing' | 'altered') =>
      `The chain breaks at event ${seq}: it is ${fault === 'missing' ? 'missing' : 'altered'}.`,
    head: (seq: number, hash: string) => `head ${seq} ${hash}`,
  },

  contexts: {
    readableByOthers: (path: string) => `Others can read ${path}, which holds credentials. Run: chmod 600 ${path}`,
    unreadable: (path: string) => `${path} is not a contexts file. Repair or remove it.`,
    invalid: 'A context name has letters, digits, ".", "_" and "-", and begins with a letter or digit.',
    unknown: (name: string, known: string[]) =>
      `There is no context "${name}". ${known.length > 0 ? `Known: ${known.join(', ')}.` : 'Add one: ikoma context add'}`,
    needsUrl: 'Say where the control plane is: --url https://ikoma.example.org',
    needsCredential:
      'Give a credential: --token-file <file>, --admin-key-file <file> ("-" reads it from standard input).',
    emptyCredential: 'The credential is empty.',
    added: (name: string, url: string) => `Context "${name}" leads to ${url}.`,
    notCurrent: (current: string, name: string) =>
      `Current is still "${current}". Change it: ikoma context use ${name}`,
    used: (name: string, url: string) => `Commands now go to "${name}" (${url}).`,
    source: {
      option: 'the option --url',
      environment: 'the environment',
      context: 'a kept context',
      local: 'this folder',
    },
  },

  doctor: {
    adviceNode: (oldest: number) => `Install Node.js ${oldest} or newer.`,
    contexts: (count: number, path: string) => `${count} contexts in ${path}`,
    adviceContext: 'See what would be used: ikoma context show',
    unreachable: (url: string) => `no answer from ${url}`,
    ready: (url: string) => `control plane ready at ${url}`,
    notReady: (url: string, status: number) => `control plane at ${url} is not ready (${status})`,
    adviceNotReady: 'Read its log: the database may be out of reach.',
    plainHttp: (url: string) => `credentials travel unencrypted to ${url}`,
    advicePlainHttp: 'Put it behind https.',
    clock: 'clocks agree',
    clockSkew: (span: string) => `clocks differ by ${span}`,
    adviceClock: 'Synchronise both machines, for example with systemd-timesyncd.',
    noCredential: 'no credential',
    accepted: (source: string) => `credential accepted (from ${source})`,
    runnersOnline: (count: number) => `${count} ${count === 1 ? 'runner' : 'runners'}, all online`,
    runnersOffline: (names: string) => `offline: ${names}`,
    adviceOffline: 'On that server: systemctl status ikoma-runner, or start it with `ikoma runner run`.',
  },
}
