import { AppError } from '@ikoma/kernel'
import type { Entry, Exit, FileAccess, FileContent, Host, Program, ShownCertificate, Visit, Visited } from '../host.ts'

type Node = FileAccess & ({ kind: 'file'; content: string } | { kind: 'directory' } | { kind: 'link'; target: string })

export interface ToolCall {
  args: readonly string[]
  input: string
  env: Readonly<Record<string, string>>
  cwd: string
  machine: SimulatedHost
}

/** Does to the simulated machine what the real program would; what it leaves out of its answer is success and silence. */
export type Tool = (call: ToolCall) => Partial<Exit>

export interface Simulation {
  /** Content by absolute path; root's, 0644, in directories that are made for them (0755). */
  files?: Readonly<Record<string, string>>
  /** By the name that stands first in argv; another is not installed. */
  tools?: Readonly<Record<string, Tool>>
  /** What the tools remember, such as which services run; plain data. */
  state?: Record<string, unknown>
}

/**
 * A machine in memory for tests: a file tree, and programs that the test writes. It counts what is asked of it and can
 * die, or say something, after so many calls.
 */
export class SimulatedHost implements Host {
  readonly state: Record<string, unknown>
  /** Programs that were run, as argv. */
  readonly ran: (readonly string[])[] = []
  /** What a visit gets; by default everything is served as it should be. */
  visited: (visit: Visit) => Visited = wellServed
  readonly #tools: Map<string, Tool>
  readonly #nodes = new Map<string, Node>()
  #calls = 0
  #dieAfter = Number.POSITIVE_INFINITY
  #afterCall: (calls: number) => void = () => {}

  constructor({ files = {}, tools = {}, state = {} }: Simulation = {}) {
    this.state = structuredClone(state)
    this.#tools = new Map(Object.entries(tools))
    this.#nodes.set('/', { kind: 'directory', mode: 0o755, owner: 'root', group: 'root' })
    for (const [path, content] of Object.entries(files)) this.put(path, content)
  }

  /** Puts a file there, with the directories above it. */
  put(path: string, content: string, access: FileAccess = { mode: 0o644, owner: 'root', group: 'root' }): void {
    this.putDirectory(parentOf(path))
    this.#nodes.set(path, { kind: 'file', content, ...access })
  }

  putDirectory(path: string, access: FileAccess = { mode: 0o755, owner: 'root', group: 'root' }): void {
    if (this.#nodes.has(path)) return
    this.putDirectory(parentOf(path), access)
    this.#nodes.set(path, { kind: 'directory', ...access })
  }

  putLink(path: string, target: string): void {
    this.putDirectory(parentOf(path))
    this.#nodes.set(path, { kind: 'link', target, mode: 0o777, owner: 'root', group: 'root' })
  }

  contentOf(path: string): string | null {
    const node = this.#nodes.get(path)
    return node?.kind === 'file' ? node.content : null
  }

  /** Where a link leads; null when there is none. */
  linkAt(path: string): string | null {
    const node = this.#nodes.get(path)
    return node?.kind === 'link' ? node.target : null
  }

  /** For programs that move or remove: a file, a link, or a directory with what is in it. */
  move(path: string, to: string | null): void {
    for (const [each, node] of [...this.#nodes]) {
      if (each !== path && !each.startsWith(`${path}/`)) continue
      this.#nodes.delete(each)
      if (to !== null) this.#nodes.set(to + each.slice(path.length), node)
    }
  }

  /** One more program, or another in its place. */
  install(name: string, tool: Tool): void {
    this.#tools.set(name, tool)
  }

  /** A program that is not on the machine any more. */
  uninstall(tool: string): void {
    this.#tools.delete(tool)
  }

  get calls(): number {
    return this.#calls
  }

  /** Everything fails from the call after so many more, as when the process is killed: nothing can be taken back. */
  dieAfter(calls: number): void {
    this.#dieAfter = this.#calls + calls
  }

  revive(): void {
    this.#dieAfter = Number.POSITIVE_INFINITY
  }

  /** Called with the number of calls after each. */
  afterCall(listener: (calls: number) => void): void {
    this.#afterCall = listener
  }

  /** Files and state, to compare; without what the kernel shows of processes, which come and go. */
  snapshot(): unknown {
    const nodes = [...this.#nodes].filter(([path]) => !path.startsWith('/proc/')).sort(byPath)
    return structuredClone({ files: Object.fromEntries(nodes), state: this.state })
  }

  run({ argv, input = '', env = {}, cwd = '/', inputFile, outputFile, secrets = [] }: Program): Promise<Exit> {
    return this.#call(() => {
      const [name, ...args] = argv
      const tool = this.#tools.get(name)
      if (!tool) {
        throw new AppError('unprocessable', `${name} is not installed on this server.`, { reason: 'tool_absent' })
      }
      this.ran.push(argv)
      const given = inputFile === undefined ? input : (this.contentOf(inputFile) ?? '')
      const said = { code: 0, stdout: '', stderr: '', ...tool({ args, input: given, env, cwd, machine: this }) }
      const hidden = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, '[REDACTED]'), text)
      const exit = { ...said, stdout: hidden(said.stdout), stderr: hidden(said.stderr) }
      if (outputFile === undefined) return exit
      if (exit.code === 0) this.put(outputFile, exit.stdout, { mode: 0o600, owner: 'root', group: 'root' })
      return { ...exit, stdout: '' }
    })
  }

  read(path: string): Promise<string | null> {
    return this.#call(() => this.contentOf(path))
  }

  readAs(path: string, owner: string): Promise<string | null> {
    return this.#call(() => {
      const links = path.split('/').map((_, index, parts) => this.#nodes.get(parts.slice(0, index + 1).join('/')))
      const node = this.#nodes.get(path)
      const closed = node !== undefined && node.owner !== owner && (node.mode & 0o004) === 0
      if (closed || links.some((each) => each?.kind === 'link')) {
        throw new AppError('unprocessable', `${path} is not safe to read.`, { reason: 'unsafe_path' })
      }
      return this.contentOf(path)
    })
  }

  walk(path: string): Promise<(Entry & { path: string })[]> {
    const below = () => [...this.#nodes].filter(([each]) => each.startsWith(`${path}/`)).sort(byPath)
    return this.#call(() =>
      below().map(([each, { kind, mode, owner, group }]) => ({ path: each, kind, mode, owner, group })),
    )
  }

  readFile(path: string): Promise<FileContent | null> {
    return this.#call(() => {
      const node = this.#nodes.get(path)
      if (node?.kind !== 'file') return null
      return { content: node.content, mode: node.mode, owner: node.owner, group: node.group }
    })
  }

  look(path: string): Promise<Entry | null> {
    return this.#call(() => {
      const node = this.#nodes.get(path)
      if (!node) return null
      const access = { mode: node.mode, owner: node.owner, group: node.group }
      return node.kind === 'link' ? { kind: node.kind, target: node.target, ...access } : { kind: node.kind, ...access }
    })
  }

  list(path: string): Promise<string[]> {
    const names = () => [...this.#nodes.keys()].filter((each) => each !== '/' && parentOf(each) === path).map(nameOf)
    return this.#call(() => names().sort())
  }

  write(path: string, { content, mode, owner, group }: FileContent): Promise<void> {
    return this.#call(() => {
      this.#needParent(path)
      this.#nodes.set(path, { kind: 'file', content, mode, owner, group })
    })
  }

  makeDirectory(path: string, { mode, owner, group }: FileAccess): Promise<void> {
    return this.#call(() => {
      this.#needParent(path)
      this.#nodes.set(path, { kind: 'directory', mode, owner, group })
    })
  }

  visit(visit: Visit): Promise<Visited> {
    return this.#call(() => this.visited(visit))
  }

  remove(path: string): Promise<void> {
    return this.#call(() => {
      for (const each of this.#nodes.keys()) {
        if (each !== '/' && parentOf(each) === path) throw new Error(`${path} is not empty`)
      }
      this.#nodes.delete(path)
    })
  }

  async #call<T>(work: () => T): Promise<T> {
    if (this.#calls >= this.#dieAfter) throw new Killed()
    this.#calls += 1
    try {
      return work()
    } finally {
      this.#afterCall(this.#calls)
    }
  }

  #needParent(path: string): void {
    if (this.#nodes.get(parentOf(path))?.kind === 'directory') return
    throw new AppError('unprocessable', `${parentOf(path)} is not a directory.`, { reason: 'unexpected_file' })
  }
}

export const shownCertificate = (name: string): ShownCertificate => ({
  subject: name,
  issuer: 'R3',
  names: [name],
  validFrom: '2026-01-01T00:00:00.000Z',
  validTo: '2099-01-01T00:00:00.000Z',
  daysLeft: 10_000,
  lifeLeftPercent: 55,
  fingerprint256: 'AA',
  ofName: true,
  distrust: null,
})

const wellServed = ({ scheme, name }: Visit): Visited => ({
  status: 200,
  body: '',
  certificate: scheme === 'https' ? shownCertificate(name) : null,
})

/** What every call answers once the simulated machine's caller was killed. */
export class Killed extends Error {
  constructor() {
    super('killed')
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function byPath([a]: [string, Node], [b]: [string, Node]): number {
  return a < b ? -1 : 1
}
