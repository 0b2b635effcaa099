import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type OrderResource } from '@ikoma/api'
import { isTerminal, type OrderStatus } from '@ikoma/domain'
import { enrolRunner } from '@ikoma/runner'
import { type Database, type Dialect, newDatabase } from './database.ts'
import { killGroup, type Process, startProcess } from './process.ts'
import { type LivingProcess, processesWith } from './process-table.ts'
import { entry, node, quickTiming } from './product.ts'
import { until } from './until.ts'

export interface ControlPlane extends Process {
  url: string
  port: string
  client: Client
}

export interface EnrolledRunner {
  id: string
  stateDir: string
}

interface TestHooks {
  onTestFinished(fn: () => Promise<void>): void
  onTestFailed(fn: () => void): void
}

export const adminKey = 'e2e-admin-key-9f31c07b5d28a64e'

/** A world of its own for each test: a folder, a database, and the processes started in it. All of it ends with the test. */
export async function newWorld(dialect: Dialect, { onTestFinished, onTestFailed }: TestHooks): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-e2e-'))
  const database = await newDatabase(dialect, join(folder, 'data', 'ikoma.db'))
  const world = new World(folder, database)
  onTestFinished(() => world.close())
  onTestFailed(() => void process.stderr.write(`${world.outputs()}\n`))
  return world
}

export class World {
  readonly folder: string
  readonly database: Database
  readonly #processes: Process[] = []

  constructor(folder: string, database: Database) {
    this.folder = folder
    this.database = database
  }

  /** Everything started in this world has it in its environment, and passes it on. */
  get #mark(): string {
    return `HOME=${this.folder}`
  }

  /** Whatever a variable leaves unset, the product decides by itself. */
  environment(env: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.folder,
      LANG: 'C.UTF-8',
      PORT: '0',
      DB_PATH: join(this.folder, 'data', 'ikoma.db'),
      ...this.database.env,
      ...quickTiming,
      ...env,
    }
  }

  start(argv: readonly [string, ...string[]], env: Record<string, string> = {}, cwd = this.folder): Process {
    const started = startProcess({ argv, cwd, env: this.environment(env) })
    this.#processes.push(started)
    return started
  }

  ikoma(args: string[], env: Record<string, string> = {}): Process {
    return this.start([node, entry, ...args], env)
  }

  /** A control plane without a runner, on the port given or any. */
  async startServer(env: Record<string, string> = {}): Promise<ControlPlane> {
    return this.ready(this.ikoma(['serve'], { IKOMA_ADMIN_KEY: adminKey, ...env }))
  }

  async ready(started: Process, key = adminKey): Promise<ControlPlane> {
    const [, url = ''] = await started.said(/"address":"([^"]+)"[^\n]*"the control plane is ready"/)
    const client = createClient({ url, credential: { kind: 'admin-key', key } })
    return { ...started, url, port: new URL(url).port, client }
  }

  /** A machine of its own for a runner: a server in the control plane, a state folder, and its local policy. */
  async enrol(
    { url, client }: ControlPlane,
    options: { serverId?: string; scopes?: string[]; policy?: string[]; name?: string } = {},
  ): Promise<EnrolledRunner> {
    const { scopes = ['runner', 'system', 'check'], policy, name = 'runner', serverId } = options
    const { token } = await client.createEnrolment({ name, scopes, ...(serverId === undefined ? {} : { serverId }) })
    const stateDir = mkdtempSync(join(this.folder, `${name}-`))
    if (policy) writeFileSync(join(stateDir, 'policy.json'), JSON.stringify({ scopes: policy }))
    const { runnerId } = await enrolRunner({ url, token, stateDir, version: 'e2e' })
    return { id: runnerId, stateDir }
  }

  async startRunner({ stateDir }: EnrolledRunner, args: string[] = [], env: Record<string, string> = {}) {
    const runner = this.ikoma(['runner', 'run', '--state-dir', stateDir, ...args], env)
    await runner.said(/The runner has started/)
    return runner
  }

  folderFor(name: string): string {
    const path = join(this.folder, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  /** What still runs of all that was ever started here, but for what `but` names. */
  living(but: readonly number[] = []): LivingProcess[] {
    return processesWith(this.#mark).filter(({ pid }) => !but.includes(pid))
  }

  /** The order once `wanted` is true of it. */
  async orderWhen(
    { client }: Pick<ControlPlane, 'client'>,
    id: string,
    wanted: (order: OrderResource) => boolean,
    withinMs = 20_000,
  ): Promise<OrderResource> {
    let seen: OrderResource | null = null
    const look = async () => {
      seen = await client.getOrder(id)
      return wanted(seen) ? seen : null
    }
    try {
      return await until('an order', look, withinMs)
    } catch (cause) {
      const events = await client.listOrderEvents(id).catch(() => null)
      throw new Error(JSON.stringify({ order: seen, events: events?.items }, null, 2), { cause })
    }
  }

  orderIs(controlPlane: Pick<ControlPlane, 'client'>, id: string, status: OrderStatus, withinMs?: number) {
    const wrongEnd = (order: OrderResource) => isTerminal(order.status) && order.status !== status
    return this.orderWhen(controlPlane, id, (order) => order.status === status || wrongEnd(order), withinMs).then(
      (order) => {
        if (order.status === status) return order
        throw new Error(JSON.stringify({ wanted: status, order }, null, 2))
      },
    )
  }

  /** The end of what each process said, for whoever must find out what went wrong. */
  outputs(): string {
    return this.#processes.map((one) => `--- process ${one.pid}\n${one.output().slice(-6_000)}`).join('\n')
  }

  async close(): Promise<void> {
    for (const { pid } of this.#processes) killGroup(pid)
    for (const { pid } of this.living()) kill(pid)
    await Promise.all(this.#processes.map(({ exited }) => exited))
    await this.database.drop()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
