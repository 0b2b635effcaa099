import { dirname, join } from 'node:path'
import type { Entry, Exit, Host } from '@ikoma/deploy'

interface Node extends Entry {
  content: string
}

const rootFolder: Node = { kind: 'directory', mode: 0o755, owner: 'root', group: 'root', content: '' }
const answered = (stdout = ''): Exit => ({ code: 0, stdout, stderr: '' })

/** A server in memory: files with owners, the users and units of a few programs, and a record of what was run. */
export class FakeServer implements Host {
  readonly nodes = new Map<string, Node>()
  readonly ran: string[] = []
  readonly active = new Set<string>()
  readonly enabled = new Set<string>()
  /** Line of passwd and groups, by name. */
  readonly users = new Map<string, { line: string; groups: string }>()
  /** What programs answer instead, once, by the beginning of their argv. */
  readonly answers: [beginning: string, exit: Exit][] = []

  add(path: string, node: Partial<Node> = {}): void {
    if (path !== '/' && !this.nodes.has(dirname(path))) this.add(dirname(path))
    this.nodes.set(path, { ...rootFolder, ...node })
  }

  async run({ argv }: Parameters<Host['run']>[0]): Promise<Exit> {
    const line = argv.join(' ')
    this.ran.push(line)
    const told = this.answers.findIndex(([beginning]) => line.startsWith(beginning))
    if (told >= 0) return this.answers.splice(told, 1)[0]?.[1] ?? answered()
    const last = argv.at(-1) ?? ''
    if (argv[0] === 'systemctl') return this.#systemctl(argv[1] ?? '', last)
    if (argv[0] === 'getent') {
      const user = this.users.get(last)
      return user ? answered(`${user.line}\n`) : { code: 2, stdout: '', stderr: '' }
    }
    if (argv[0] === 'id') return answered(`${this.users.get(last)?.groups}\n`)
    if (argv[0] === 'useradd') this.users.set(last, { line: `${last}:x:998:998::${argv[5]}:${argv[7]}`, groups: last })
    if (argv[0] === 'userdel') this.users.delete(last)
    if (argv[0] === 'chown') this.#below(last, (node) => Object.assign(node, { owner: 'ikoma', group: 'ikoma' }))
    if (argv[0] === 'chmod')
      for (const path of argv.slice(3)) Object.assign(this.nodes.get(path) ?? {}, { mode: 0o600 })
    if (argv[0] === 'rm') this.#below(last, (_, path) => this.nodes.delete(path))
    return answered()
  }

  async read(path: string): Promise<string | null> {
    return this.nodes.get(path)?.content ?? null
  }

  async look(path: string): Promise<Entry | null> {
    const node = this.nodes.get(path)
    if (!node) return null
    const { content, ...entry } = node
    return entry
  }

  async list(path: string): Promise<string[]> {
    return [...this.nodes.keys()].flatMap((each) => (dirname(each) === path ? [each.slice(path.length + 1)] : []))
  }

  async write(path: string, file: Parameters<Host['write']>[1]): Promise<void> {
    this.#refuseOrphan(path)
    this.nodes.set(path, { kind: 'file', ...file })
  }

  async makeDirectory(path: string, access: Parameters<Host['makeDirectory']>[1]): Promise<void> {
    this.#refuseOrphan(path)
    this.nodes.set(path, { kind: 'directory', content: '', ...access })
  }

  async remove(path: string): Promise<void> {
    if ((await this.list(path)).length > 0) throw new Error(`${path} is not empty`)
    this.nodes.delete(path)
  }

  /** Every path with its owner and mode, for comparing before and after. */
  tree(): string[] {
    return [...this.nodes]
      .map(([path, { owner, group, mode }]) => `${path} ${owner}:${group} ${mode.toString(8)}`)
      .sort()
  }

  /** As the real host: only where root alone can rename what is on the way. */
  #refuseOrphan(path: string): void {
    if (this.nodes.get(dirname(path))?.owner !== 'root') throw new Error(`${dirname(path)} is not root's`)
  }

  #below(top: string, change: (node: Node, path: string) => void): void {
    for (const [path, node] of [...this.nodes]) if (path === top || path.startsWith(join(top, '/'))) change(node, path)
  }

  #systemctl(verb: string, unit: string): Exit {
    if (verb === 'start' || verb === 'restart') this.active.add(unit)
    if (verb === 'stop') this.active.delete(unit)
    if (verb === 'enable') this.enabled.add(unit)
    if (verb === 'disable') this.enabled.delete(unit)
    if (verb !== 'show') return answered()
    const active = this.active.has(unit) ? 'active' : 'inactive'
    const enabled = this.enabled.has(unit) ? 'enabled' : 'disabled'
    return answered(`ActiveState=${active}\nUnitFileState=${enabled}\nNeedDaemonReload=no\nNRestarts=0\n`)
  }
}
