/** A command line and what it does. */
export type Example = [line: string, says: string]

export interface CommandHelp {
  summary: string
  details?: string
  examples: Example[]
}

const help = {
  ikoma: {
    summary: 'Control servers: place orders, follow them, prove how they ended.',
    examples: [
      ['ikoma up', 'start a control plane and a runner on this machine'],
      ['ikoma order create runner.selftest', 'have the runner examine itself'],
    ],
  },
  up: {
    summary: 'Start a control plane and a runner in one process',
    details: 'Needs nothing else: data is kept in ./data unless DB_PATH says otherwise. Ctrl-C stops both.',
    examples: [
      ['ikoma up', 'start on port 3000'],
      ['ikoma up --port 8080', 'start on another port'],
    ],
  },
  server: {
    summary: 'Start the control plane alone',
    details: 'Reads its settings from the environment. Runners connect to it from their servers.',
    examples: [
      ['ikoma server', 'start on port 3000 with a database in ./data'],
      ['DATABASE_URL=postgres://… ikoma server', 'start on PostgreSQL'],
    ],
  },
  order: {
    summary: 'Place orders and follow them',
    examples: [
      ['ikoma order types', 'what can be ordered'],
      ['ikoma order create runner.selftest', 'place an order and watch it'],
    ],
  },
  diagnose: {
    summary: 'Find out what is wrong with an app on a server, and what would mend it',
    details:
      'Places an order of the type diagnose.run, which changes nothing. The more it is told, the more it looks at.\n' +
      'Finding something wrong is no failure: the exit code tells how the order ended.',
    examples: [
      ['ikoma diagnose gateway --port 8080 --domain app.example.org', 'a service behind a proxy'],
      ['ikoma diagnose --host web-1 --compose /srv/app/docker-compose.yml', 'the containers of a compose file'],
      ['ikoma diagnose --pm2 backend --pm2-user app --since 2h --json', 'a PM2 process, as JSON'],
    ],
  },
  'order create': {
    summary: 'Place an order and follow it to its end',
    details:
      'Without --runner, --host or --scope the only runner is taken. Ctrl-C stops watching, not the order.\n' +
      'The exit code tells how the order ended: 0 succeeded, 1 failed, 5 refused, 6 timed out or unknown.',
    examples: [
      ['ikoma order create runner.selftest', 'examine the only runner'],
      ['ikoma order create check.http.run --host web-1 --set url=https://example.org', 'check an address from web-1'],
      ['ikoma order create system.facts.collect --runner web-1 --json', 'the finished order as JSON'],
    ],
  },
  'order list': {
    summary: 'List orders, newest first',
    examples: [
      ['ikoma order list --status FAILED,TIMED_OUT --since 24h', 'what went wrong in the last day'],
      ['ikoma order list --host web-1 --json', 'orders of one host, as JSON'],
    ],
  },
  'order show': {
    summary: 'Show an order, its events and its report',
    examples: [
      ['ikoma order show 7f3c1b9a', 'by the end of its id'],
      ['ikoma order show 7f3c1b9a --json', 'the order as JSON'],
    ],
  },
  'order logs': {
    summary: 'Show what an order wrote, or follow it',
    examples: [
      ['ikoma order logs 7f3c1b9a', 'everything it wrote so far'],
      ['ikoma order logs -f 7f3c1b9a', 'attach again and wait for its end'],
    ],
  },
  'order cancel': {
    summary: 'Cancel an order',
    details: 'An order that waits ends at once; one that runs is asked to stop, and ends when its runner says so.',
    examples: [
      ['ikoma order cancel 7f3c1b9a', 'cancel it'],
      ["ikoma order cancel 7f3c1b9a --reason 'wrong server'", 'and say why'],
    ],
  },
  'order retry': {
    summary: 'Place an ended order again',
    examples: [
      ['ikoma order retry 7f3c1b9a', 'place it again'],
      ['ikoma order retry 7f3c1b9a --json', 'the new order as JSON'],
    ],
  },
  'order approve': {
    summary: 'Let an order run that waits for approval',
    examples: [
      ['ikoma order list --status PENDING_APPROVAL', 'what waits'],
      ['ikoma order approve 7f3c1b9a', 'let it run'],
    ],
  },
  'order reject': {
    summary: 'Refuse an order that waits for approval',
    examples: [
      ['ikoma order reject 7f3c1b9a', 'refuse it'],
      ["ikoma order reject 7f3c1b9a --reason 'not on a Friday'", 'and say why'],
    ],
  },
  'order export': {
    summary: 'Write ended orders as NDJSON, one a line',
    details: 'Each line is an order with its report, its events and its log, the newest first.',
    examples: [
      ['ikoma order export --since 30d --output orders.ndjson', 'the last month, into a file'],
      ['ikoma order export --status FAILED | jq -r .statusReason', 'into another program'],
    ],
  },
  'order types': {
    summary: 'List what can be ordered, or the payload of one type',
    examples: [
      ['ikoma order types', 'every type with its risk'],
      ['ikoma order types check.http.run', 'the payload of one type'],
    ],
  },
  runner: {
    summary: 'Runners: the processes that execute orders',
    examples: [
      ['ikoma runner list', 'who is online'],
      ['ikoma runner invite --name web-1', 'make the line that enrols a new one'],
    ],
  },
  'runner invite': {
    summary: 'Print the line that makes a server a runner',
    details: 'The invitation works once and for 15 minutes.',
    examples: [
      ['ikoma runner invite --name web-1 --host web-1', 'for the host web-1'],
      ['ikoma runner invite --scope check,system --public-url https://ikoma.example.org', 'only checks and facts'],
    ],
  },
  'runner enrol': {
    summary: 'Make this machine a runner',
    details: 'Creates the key that proves who it is, and keeps it in the state folder.',
    examples: [
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_…', 'with the token of an invitation'],
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_… --name web-1', 'under another name'],
    ],
  },
  'runner run': {
    summary: 'Execute orders on this machine',
    examples: [
      ['ikoma runner run', 'with the identity that enrol kept'],
      ['ikoma runner run --state-dir /var/lib/ikoma-runner', 'with an identity kept elsewhere'],
    ],
  },
  'runner install': {
    summary: 'Install the runner on this server, as root',
    details:
      'Makes the user ikoma, /var/lib/ikoma and /etc/ikoma, and systemd units: a runner without rights that talks to the ' +
      'control plane, and an executor that is root, talks to the runner alone and does what the policy allows.\n' +
      'Enrols the server too, with --url and --token. Doing it again changes only what is different.\n' +
      'A new policy (/etc/ikoma/policy.json) allows nothing that needs root: say what may be done with --allow.',
    examples: [
      ['ikoma runner install --url https://ikoma.example.org --token iko_…', 'with the token of an invitation'],
      ['ikoma runner install --allow system,platform,service --dry-run', 'what a wider policy would change'],
    ],
  },
  'runner uninstall': {
    summary: 'Remove the runner from this server, as root',
    details:
      'Stops, disables and removes the units. Settings, identity, journal and the user that owns them stay for a later ' +
      'install, unless --purge is given. Nothing that orders made is touched.',
    examples: [
      ['ikoma runner uninstall', 'keep what was set and written'],
      ['ikoma runner uninstall --purge --dry-run', 'what removing everything would remove'],
    ],
  },
  executor: {
    summary: 'The executor: what needs root, done for the runner',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'as systemd starts it'],
      ['systemctl status ikoma-executor.socket', 'whether it listens'],
    ],
  },
  'executor run': {
    summary: 'Do one order as root, for the connection on standard input',
    details: 'Started by ikoma-executor.socket. `ikoma runner install` writes its unit.',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'as systemd starts it'],
      ["journalctl -u 'ikoma-executor@*'", 'what it was asked for and did'],
    ],
  },
  'runner list': {
    summary: 'List runners',
    examples: [
      ['ikoma runner list', 'names, states and scopes'],
      ['ikoma runner list --json', 'as JSON'],
    ],
  },
  'runner show': {
    summary: 'Show a runner',
    examples: [
      ['ikoma runner show web-1', 'by name'],
      ['ikoma runner show web-1 --json', 'as JSON'],
    ],
  },
  'runner edit': {
    summary: "Change a runner's name, scopes or number of orders, or disable it",
    details: 'Its server has the last word: what /etc/ikoma/policy.json forbids, no scope allows.',
    examples: [
      ['ikoma runner edit web-1 --scope system,platform,service', 'what it may do, all of it'],
      ['ikoma runner edit web-1 --disable', 'a server that is not to be trusted: refused at once'],
    ],
  },
  'runner rotate': {
    summary: "Replace a runner's token",
    examples: [
      ['ikoma runner rotate web-1', 'the old token works 5 minutes more'],
      ['ikoma runner rotate web-1 --overlap 0', 'the old token stops at once'],
    ],
  },
  'runner remove': {
    summary: 'Remove a runner',
    examples: [
      ['ikoma runner remove web-1 --confirm web-1', 'by name'],
      ['ikoma runner remove 4fd21a7c --confirm web-1', 'by the end of its id'],
    ],
  },
  host: {
    summary: 'Hosts: the servers under management',
    examples: [
      ['ikoma host list', 'every host with its runner'],
      ['ikoma host add web-1', 'take one on'],
    ],
  },
  'host list': {
    summary: 'List hosts',
    examples: [
      ['ikoma host list', 'names, runners and tags'],
      ['ikoma host list --json', 'as JSON'],
    ],
  },
  'host add': {
    summary: 'Take a server under management',
    examples: [
      ['ikoma host add web-1 --tag production', 'with a tag'],
      ['ikoma host add web-1 --runner web-1', 'and attach its runner'],
    ],
  },
  'host show': {
    summary: 'Show a host',
    examples: [
      ['ikoma host show web-1', 'by name'],
      ['ikoma host show web-1 --json', 'as JSON'],
    ],
  },
  'host attach': {
    summary: "Choose the runner that executes a host's orders",
    examples: [
      ['ikoma host attach web-1 web-1-runner', 'attach a runner'],
      ['ikoma host attach web-1 --none', 'detach the one it has'],
    ],
  },
  'host remove': {
    summary: 'Take a server out of management',
    details: 'Nothing changes on the server itself.',
    examples: [
      ['ikoma host remove web-1 --confirm web-1', 'by name'],
      ['ikoma host remove 4fd21a7c --confirm web-1', 'by the end of its id'],
    ],
  },
  schedule: {
    summary: 'Schedules: orders placed by the clock',
    examples: [
      ['ikoma schedule list', 'what runs when'],
      ["ikoma schedule add nightly runner.selftest --cron '0 3 * * *'", 'every night at three'],
    ],
  },
  'schedule list': {
    summary: 'List schedules',
    examples: [
      ['ikoma schedule list', 'with their next runs'],
      ['ikoma schedule list --json', 'as JSON'],
    ],
  },
  'schedule add': {
    summary: 'Place an order by the clock',
    details: 'Takes the same options as `ikoma order create`.',
    examples: [
      [
        "ikoma schedule add nightly runner.selftest --cron '0 3 * * *' --time-zone Europe/Paris",
        'every night at three',
      ],
      [
        "ikoma schedule add site check.http.run --cron '*/5 * * * *' --set url=https://example.org",
        'every five minutes',
      ],
    ],
  },
  'schedule show': {
    summary: 'Show a schedule',
    examples: [
      ['ikoma schedule show nightly', 'by name'],
      ['ikoma schedule show nightly --json', 'as JSON'],
    ],
  },
  'schedule pause': {
    summary: 'Pause a schedule',
    examples: [
      ['ikoma schedule pause nightly', 'no more runs'],
      ['ikoma schedule pause nightly --json', 'the schedule as JSON'],
    ],
  },
  'schedule resume': {
    summary: 'Let a paused schedule go on',
    examples: [
      ['ikoma schedule resume nightly', 'with its next run'],
      ['ikoma schedule resume nightly --json', 'the schedule as JSON'],
    ],
  },
  'schedule remove': {
    summary: 'Remove a schedule',
    examples: [
      ['ikoma schedule remove nightly --confirm nightly', 'by name'],
      ['ikoma schedule remove 4fd21a7c --confirm nightly', 'by the end of its id'],
    ],
  },
  token: {
    summary: 'Tokens: credentials of people and programs',
    examples: [
      ['ikoma token list', 'who has one'],
      ['ikoma token create ci --role operator', 'make one'],
    ],
  },
  'token list': {
    summary: 'List tokens; what they say is never shown again',
    examples: [
      ['ikoma token list', 'names, roles and ends'],
      ['ikoma token list --json', 'as JSON'],
    ],
  },
  'token create': {
    summary: 'Create a token and show it this once',
    examples: [
      ['ikoma token create ci --role operator', 'for 90 days'],
      ['ikoma token create screen --role viewer --expires-in-days 365', 'for a year, to look only'],
    ],
  },
  'token revoke': {
    summary: 'Revoke a token at once',
    examples: [
      ['ikoma token revoke ci --confirm ci', 'by name'],
      ['ikoma token revoke 4fd21a7c --confirm ci', 'by the end of its id'],
    ],
  },
  audit: {
    summary: 'The record of every change',
    examples: [
      ['ikoma audit list', 'every change, the oldest first'],
      ['ikoma audit verify', 'whether the record is whole'],
    ],
  },
  'audit list': {
    summary: 'List audit events, oldest first',
    examples: [
      ['ikoma audit list --action token.created', 'who made tokens'],
      ['ikoma audit list --all --json', 'the whole record as JSON'],
    ],
  },
  'audit verify': {
    summary: 'Check that no audit event was altered or removed',
    details: 'Exits with 1 when the chain is broken. Keep the head it prints elsewhere, to notice a chain cut short.',
    examples: [
      ['ikoma audit verify', 'check every event'],
      ['ikoma audit verify --json', 'the finding as JSON'],
    ],
  },
  context: {
    summary: 'Contexts: the control planes you use, with their credentials',
    details:
      'Chosen in this order: --url or --context, IKOMA_URL with IKOMA_TOKEN or IKOMA_ADMIN_KEY,\n' +
      'the current context, the control plane of this folder.',
    examples: [
      ['ikoma context list', 'which ones are kept'],
      ['ikoma context use prod', 'speak to another one'],
    ],
  },
  'context add': {
    summary: 'Keep a control plane and a credential for it',
    examples: [
      ['ikoma context add prod --url https://ikoma.example.org --token-file token.txt', 'with a token from a file'],
      [
        'ikoma context add prod --url https://ikoma.example.org --token-file - --use',
        'from standard input, and use it',
      ],
    ],
  },
  'context list': {
    summary: 'List contexts; credentials are not shown',
    examples: [
      ['ikoma context list', 'the current one has a star'],
      ['ikoma context list --json', 'as JSON'],
    ],
  },
  'context use': {
    summary: 'Choose the current context',
    examples: [
      ['ikoma context use prod', 'from now on'],
      ['ikoma runner list --context prod', 'for one command only'],
    ],
  },
  'context show': {
    summary: 'Show which control plane a command would speak to, and why',
    examples: [
      ['ikoma context show', 'as things are'],
      ['ikoma context show --context prod', 'with an option'],
    ],
  },
  'context remove': {
    summary: 'Forget a control plane and its credential',
    examples: [
      ['ikoma context remove prod', 'forget it'],
      ['ikoma context remove prod --json', 'what was forgotten, as JSON'],
    ],
  },
  doctor: {
    summary: 'Find out why something does not work',
    details: 'Exits with 1 when a check fails.',
    examples: [
      ['ikoma doctor', 'check everything from here'],
      ['ikoma doctor --context prod', 'check another control plane'],
    ],
  },
  completion: {
    summary: 'Print a completion script for a shell',
    examples: [
      ['source <(ikoma completion bash)', 'bash, for this session'],
      ['ikoma completion fish > ~/.config/fish/completions/ikoma.fish', 'fish, for good'],
    ],
  },
} satisfies Record<string, CommandHelp>

export const helpEn: Record<keyof typeof help, CommandHelp> = help
