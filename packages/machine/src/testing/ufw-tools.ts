import type { SimulatedHost, Tool } from '@ikoma/machine/testing/simulated-host'

/** What is in the kernel, and what systemd has of timers. */
interface FirewallState {
  active: boolean
  enabledUnits: string[]
  activeUnits: string[]
}

const conf = '/etc/ufw/ufw.conf'
const defaults = '/etc/default/ufw'
const four = '/etc/ufw/user.rules'
const six = '/etc/ufw/user6.rules'

export const firewallFiles = {
  [conf]: 'ENABLED=no\n',
  [defaults]: 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n',
  [four]: '*filter\n',
  [six]: '*filter\n',
  '/etc/systemd/system/ssh.service': '',
}

export function firewallState(): Record<string, unknown> {
  return { firewall: { active: false, enabledUnits: [], activeUnits: [] } }
}

/** ufw over its own files, systemctl as far as one timer needs it, and sshd on port 22 with these people connected. */
export function firewallTools(peers: readonly string[] = []): Record<string, Tool> {
  const sshd = 'users:(("sshd",pid=1,fd=3))'
  return {
    ufw: ({ args, machine }) => ufw(unforced(args), machine),
    systemctl: ({ args, machine }) => systemctl(args, machine),
    ss: ({ args }) => {
      if (args.includes('--listening')) return { stdout: `LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ${sshd}\n` }
      return { stdout: peers.map((peer) => `ESTAB 0 0 192.0.2.1:22 ${peer}:50000 ${sshd}\n`).join('') }
    },
    sshd: () => ({ stdout: 'port 22\n' }),
  }
}

export function isActive(machine: SimulatedHost): boolean {
  return stateOf(machine).active
}

/** What systemd would do when the time is over: what the unit's lines say. */
export function runRollback(machine: SimulatedHost): void {
  const unit = machine.contentOf('/etc/systemd/system/ikoma-firewall-rollback.service') ?? ''
  for (const [, line = ''] of unit.matchAll(/^ExecStart=-(.*)$/gm)) {
    const [program = '', ...args] = line.split(' ')
    const [from = '', to = ''] = args.slice(-2)
    if (program.endsWith('/cp')) machine.put(to, machine.contentOf(from) ?? '')
    if (program.endsWith('/ufw')) ufw(unforced(args), machine)
    if (program.endsWith('/rm')) machine.move(to, null)
    if (program.endsWith('/mv')) machine.move(from, to)
    if (program.endsWith('/systemctl')) systemctl(args, machine)
  }
}

function unforced(args: readonly string[]): string[] {
  return args.filter((arg) => arg !== '--force')
}

function ufw(args: readonly string[], machine: SimulatedHost) {
  const [verb = '', what = '', value = ''] = args
  if (verb === 'status') return { stdout: `Status: ${stateOf(machine).active ? 'active' : 'inactive'}\n` }
  if (verb === 'show') return { stdout: shown(machine) }
  if (verb === 'default') setDefault(machine, what, value)
  else if (verb === 'enable' || verb === 'disable') switchTo(machine, verb === 'enable')
  else if (verb === 'delete') {
    const [tuple4, tuple6] = tuplesOf(args.slice(1))
    edit(machine, four, (text) => without(text, tuple4))
    edit(machine, six, (text) => without(text, tuple6))
  } else if (verb !== 'reload') {
    const [tuple4, tuple6] = tuplesOf(args)
    const comment = args.includes('comment') ? ` comment=${Buffer.from(args.at(-1) ?? '').toString('hex')}` : ''
    if (tuple4) edit(machine, four, (text) => `${text}### tuple ### ${tuple4}${comment}\n`)
    if (tuple6) edit(machine, six, (text) => `${text}### tuple ### ${tuple6}${comment}\n`)
  }
  return {}
}

function setDefault(machine: SimulatedHost, word: string, direction: string): void {
  const chain = direction === 'incoming' ? 'INPUT' : 'OUTPUT'
  const policy = { deny: 'DROP', reject: 'REJECT', allow: 'ACCEPT' }[word]
  edit(machine, defaults, (text) => text.replace(new RegExp(`(DEFAULT_${chain}_POLICY)=.*`), `$1="${policy}"`))
}

function switchTo(machine: SimulatedHost, active: boolean): void {
  stateOf(machine).active = active
  edit(machine, conf, () => `ENABLED=${active ? 'yes' : 'no'}\n`)
}

/** `allow 22/tcp`, or `allow proto tcp from 10.0.0.0/8 to any port 22`, in either order. */
function tuplesOf(words: readonly string[]): [string | null, string | null] {
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined)
  const [short = '', protocol = ''] = (words[1] ?? '').split('/')
  const [port, proto, from = 'any'] = [after('port') ?? short, after('proto') ?? protocol, after('from')]
  const tuple = (any: string) => `${words[0]} ${proto} ${port} ${any} any ${from === 'any' ? any : from} in`
  const isSix = from.includes(':')
  return [isSix ? null : tuple('0.0.0.0/0'), from === 'any' || isSix ? tuple('::/0') : null]
}

function shown(machine: SimulatedHost): string {
  const tuplesIn = (path: string) => [...(machine.contentOf(path) ?? '').matchAll(/^### tuple ### (.*)$/gm)]
  const onlySix = tuplesIn(six).filter(([, tuple = '']) => tuple.split(' ')[5] !== '::/0')
  return [...tuplesIn(four), ...onlySix].map(([, tuple = '']) => shownTuple(tuple)).join('')
}

function shownTuple(tuple: string): string {
  const [action, proto, port, , , from = '', , comment] = tuple.split(' ')
  const remark = comment ? ` comment '${Buffer.from(comment.slice('comment='.length), 'hex')}'` : ''
  if (from === '0.0.0.0/0') return `ufw ${action} ${port}/${proto}${remark}\n`
  return `ufw ${action} from ${from} to any port ${port} proto ${proto}${remark}\n`
}

function without(text: string, tuple: string | null): string {
  const keep = (line: string) => tuple === null || !line.startsWith(`### tuple ### ${tuple}`)
  return text.split('\n').filter(keep).join('\n')
}

function systemctl(args: readonly string[], machine: SimulatedHost) {
  const state = stateOf(machine)
  const [verb] = args
  const unit = args.at(-1) ?? ''
  const others = (units: readonly string[]) => units.filter((each) => each !== unit)
  if (verb === 'is-system-running') return { stdout: 'running\n' }
  if (verb === 'is-active') return { stdout: state.activeUnits.includes(unit) ? 'active\n' : 'inactive\n' }
  if (verb === 'enable') state.enabledUnits = [...others(state.enabledUnits), unit]
  if (verb === 'restart') state.activeUnits = [...others(state.activeUnits), unit]
  if (verb === 'disable') {
    state.enabledUnits = others(state.enabledUnits)
    state.activeUnits = others(state.activeUnits)
  }
  return {}
}

function edit(machine: SimulatedHost, path: string, change: (text: string) => string): void {
  machine.put(path, change(machine.contentOf(path) ?? ''))
}

function stateOf(machine: SimulatedHost): FirewallState {
  return machine.state.firewall as FirewallState
}
