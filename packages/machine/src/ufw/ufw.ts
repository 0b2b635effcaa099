import { BlockList, isIPv6 } from 'node:net'
import { AppError } from '@ikoma/kernel'
import type { FileContent, Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'

export interface UfwRule {
  action: 'allow' | 'limit' | 'deny' | 'reject'
  port: number
  /** The end of a range of ports. */
  lastPort?: number | undefined
  protocol: 'tcp' | 'udp'
  /** `any`, an address or a network. */
  from: string
  comment?: string | undefined
}

export interface UfwState {
  /** Whether its rules are in the kernel now. */
  active: boolean
  /** Whether they will be at boot. */
  enabled: boolean
  incoming: string
  outgoing: string
  ipv6: boolean
  /** The rules as ufw keeps them, in the order that they match: those for IPv4, those for IPv6. */
  tuples: readonly [string[], string[]]
  /** Each as the words after `ufw` that would add it. */
  shown: string[]
}

export const ufwConf = '/etc/ufw/ufw.conf'
const defaults = '/etc/default/ufw'
const rulesFiles = ['/etc/ufw/user.rules', '/etc/ufw/user6.rules'] as const
/** All that ufw remembers, and that its commands change. */
export const ufwFiles = [...rulesFiles, defaults, ufwConf]

export async function readUfw(host: Host): Promise<UfwState> {
  const status = await outputOf(host, { argv: ['ufw', 'status'] })
  const shown = await outputOf(host, { argv: ['ufw', 'show', 'added'] })
  const [conf, policy] = [(await host.read(ufwConf)) ?? '', (await host.read(defaults)) ?? '']
  const tuples = await Promise.all(rulesFiles.map(async (path) => tuplesIn((await host.read(path)) ?? '')))
  return {
    active: /^Status: active$/m.test(status),
    enabled: /^ENABLED=yes$/m.test(conf),
    incoming: policyIn(policy, 'INPUT'),
    outgoing: policyIn(policy, 'OUTPUT'),
    ipv6: /^IPV6="?yes"?$/m.test(policy),
    tuples: [tuples[0] ?? [], tuples[1] ?? []],
    shown: [...shown.matchAll(/^ufw (.+)$/gm)].map(([, words = '']) => words),
  }
}

function tuplesIn(file: string): string[] {
  return [...file.matchAll(/^### tuple ### (.+)$/gm)].map(([, tuple = '']) => tuple)
}

function policyIn(file: string, chain: string): string {
  const [, policy = ''] = new RegExp(`^DEFAULT_${chain}_POLICY="?([A-Z]+)"?$`, 'm').exec(file) ?? []
  return { DROP: 'deny', REJECT: 'reject', ACCEPT: 'allow' }[policy] ?? 'unknown'
}

/** What ufw would keep of these rules, to compare with what it keeps. */
export function tuplesOf(rules: readonly UfwRule[], ipv6: boolean): UfwState['tuples'] {
  const tuple = ({ action, port, lastPort, protocol, from, comment }: UfwRule, any: string) => {
    const source = from === 'any' ? any : from
    const remark = comment === undefined ? '' : ` comment=${Buffer.from(comment).toString('hex')}`
    return `${action} ${protocol} ${portsOf(port, lastPort)} ${any} any ${source} in${remark}`
  }
  const four = rules.filter(({ from }) => !isIPv6(addressOf(from)))
  const six = ipv6 ? rules.filter(({ from }) => from === 'any' || isIPv6(addressOf(from))) : []
  return [four.map((rule) => tuple(rule, '0.0.0.0/0')), six.map((rule) => tuple(rule, '::/0'))]
}

/** A rule as `ufw show added` would show it. */
export function shownAs({ action, port, lastPort, protocol, from, comment }: UfwRule): string {
  const ports = portsOf(port, lastPort)
  const remark = comment === undefined ? '' : ` comment '${comment}'`
  if (from === 'any') return `${action} ${ports}/${protocol}${remark}`
  return `${action} from ${from} to any port ${ports} proto ${protocol}${remark}`
}

export function addRule(host: Host, rule: UfwRule): Promise<void> {
  const { action, port, lastPort, protocol, from, comment } = rule
  const remark = comment === undefined ? [] : ['comment', comment]
  const match = ['proto', protocol, 'from', from, 'to', 'any', 'port', portsOf(port, lastPort)]
  return mustRun(host, { argv: ['ufw', action, ...match, ...remark] })
}

/** A rule as it was shown, whoever added it. */
export function deleteRule(host: Host, shown: string): Promise<void> {
  const bare = shown.replace(/ comment '[^']*'$/, '')
  const words = [...bare.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
  const verb = words[0] === 'route' ? ['route', 'delete', ...words.slice(1)] : ['delete', ...words]
  return mustRun(host, { argv: ['ufw', '--force', ...verb] })
}

export function setDefault(host: Host, policy: string, direction: 'incoming' | 'outgoing'): Promise<void> {
  return mustRun(host, { argv: ['ufw', 'default', policy, direction] })
}

/** With `no`, ufw's commands change its files alone, and what is in the kernel stays as it is. */
export async function setEnabled(host: Host, enabled: 'yes' | 'no'): Promise<void> {
  const entry = await host.look(ufwConf)
  const content = await host.read(ufwConf)
  if (entry === null || content === null) {
    throw new AppError('unprocessable', `${ufwConf} is missing. Install ufw again.`, { reason: 'ufw_broken' })
  }
  const { mode, owner, group } = entry
  const changed = content.replace(/^ENABLED=.*$/m, `ENABLED=${enabled}`)
  await host.write(ufwConf, { content: changed, mode, owner, group })
}

/** Takes the rules of the files into the kernel, or everything out of it. */
export async function loadUfw(host: Host, { active, enabled }: Pick<UfwState, 'active' | 'enabled'>): Promise<void> {
  if (!enabled) return mustRun(host, { argv: ['ufw', 'disable'] })
  await mustRun(host, { argv: active ? ['ufw', 'reload'] : ['ufw', '--force', 'enable'] })
}

export interface UfwFile extends FileContent {
  path: string
}

export async function readUfwFiles(host: Host): Promise<UfwFile[]> {
  const files: UfwFile[] = []
  for (const path of ufwFiles) {
    const entry = await host.look(path)
    const content = await host.read(path)
    if (entry === null || content === null) continue
    files.push({ path, content, mode: entry.mode, owner: entry.owner, group: entry.group })
  }
  return files
}

/** Whether an address is among those that a rule is about. */
export function isFrom({ from }: UfwRule, address: string): boolean {
  if (from === 'any') return true
  const family = isIPv6(addressOf(from)) ? 'ipv6' : 'ipv4'
  if (isIPv6(address) !== (family === 'ipv6')) return false
  const [network = '', prefix = family === 'ipv6' ? '128' : '32'] = from.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}

function portsOf(port: number, lastPort: number | undefined): string {
  return lastPort === undefined ? String(port) : `${port}:${lastPort}`
}

function addressOf(from: string): string {
  return from.split('/')[0] ?? ''
}
