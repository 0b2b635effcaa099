import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, newDatabase } from '../kit/database.ts'
import { type Answer, type ApiProcess, ask, startApi } from './api-process.ts'

export type Call = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>

export interface Client {
  id: string
  vehicle: string
  /** By the next process in turn. */
  call: Call
}

interface Account {
  email: string
  password: string
}

interface TestHooks {
  onTestFinished(fn: () => Promise<void>): void
  onTestFailed(fn: () => void): void
}

/** The car wash as several processes on one PostgreSQL, its clock the machine's. */
export async function openCarWash(
  { processes = 2, bays = 1, env = {} }: { processes?: number; bays?: number; env?: Record<string, string> },
  { onTestFinished, onTestFailed }: TestHooks,
): Promise<CarWash> {
  const folder = mkdtempSync(join(tmpdir(), 'blingauto-'))
  const database = await newDatabase('postgres', '')
  const wash = new CarWash(database, { ...database.env, DATA_DIR: folder, ...env })
  onTestFinished(async () => {
    await wash.close()
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  onTestFailed(() => void process.stderr.write(wash.outputs()))
  for (let n = 0; n < processes; n += 1) await wash.start(n)
  await wash.furnish(join(folder, 'admin.password'), bays)
  return wash
}

export class CarWash {
  readonly database: Database
  readonly bays: string[] = []
  service = ''
  #admin: Account = { email: 'admin@blingauto.localhost.test', password: '' }
  readonly #env: Record<string, string>
  readonly #processes: ApiProcess[] = []
  #turn = 0

  constructor(database: Database, env: Record<string, string>) {
    this.database = database
    this.#env = env
  }

  /** Starts the process, again at its former port where it had one. */
  async start(n: number): Promise<void> {
    const port = new URL(this.#processes[n]?.url ?? 'http://localhost:0').port
    this.#processes[n] = await startApi(this.#env, Number(port))
  }

  async kill(n: number): Promise<void> {
    await this.#processes[n]?.end('SIGKILL')
  }

  outputs(): string {
    return this.#processes.map((each) => each.output()).join('\n')
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((each) => (each.hasEnded() ? null : each.end('SIGTERM', 60_000))))
  }

  call: Call = (method, path, body, headers) => {
    this.#turn += 1
    const { url } = this.#processes[this.#turn % this.#processes.length] as ApiProcess
    return ask(`${url}/api/v1${path}`, method, body, headers)
  }

  async furnish(passwordFile: string, bays: number): Promise<void> {
    this.#admin = { ...this.#admin, password: readFileSync(passwordFile, 'utf8').trim() }
    const admin = await this.admin()
    for (let n = 1; n <= bays; n += 1) {
      const bay = { bay_number: `BAY-${n}`, max_vehicle_size: 'LARGE' }
      this.bays.push(made(await admin('POST', '/facilities/wash-bays', bay)))
    }
    const category = made(await admin('POST', '/services/categories', { name: 'Wash' }))
    const wash = { name: 'Full', price: 50_00, duration_minutes: 60 }
    this.service = made(await admin('POST', `/services/categories/${category}/services`, wash))
  }

  async admin(): Promise<Call> {
    return this.#signedIn(this.#admin)
  }

  async clients(count: number): Promise<Client[]> {
    const names = { password: 'correct-horse-7-battery', first_name: 'Ada', last_name: 'Lovelace' }
    const accounts = Array.from({ length: count }, (_, n) => ({ ...names, email: `client-${n}@example.org` }))
    await Promise.all(accounts.map((account) => this.call('POST', '/auth/register', account)))
    await this.database.query('update identity_accounts set email_verified_at = now() where email_verified_at is null')
    return Promise.all(accounts.map((account, n) => this.#client(account, n)))
  }

  async #client(account: Account, n: number): Promise<Client> {
    const call = await this.#signedIn(account)
    const car = { make: 'Renault', model: 'Clio', year: 2024, license_plate: `AB-${n}-CD` }
    const vehicle = made(await call('POST', '/vehicles', car))
    return { id: (await call('GET', '/auth/me')).body.user_id, vehicle, call }
  }

  /** Signs in again before the token is over. */
  async #signedIn({ email, password }: Account): Promise<Call> {
    let token = ''
    let until = 0
    return async (method, path, body, headers = {}) => {
      if (performance.now() > until) {
        const signedIn = await this.call('POST', '/auth/login', { email, password })
        if (signedIn.status !== 200) throw new Error(`${email} cannot sign in: ${JSON.stringify(signedIn.body)}`)
        token = signedIn.body.access_token
        until = performance.now() + (signedIn.body.expires_in - 60) * 1000
      }
      return this.call(method, path, body, { authorization: `Bearer ${token}`, ...headers })
    }
  }

  booking({ vehicle }: Pick<Client, 'vehicle'>, startsAt: string, bay?: string): object {
    const where = bay === undefined ? {} : { wash_bay_id: bay }
    return { vehicle_id: vehicle, service_ids: [this.service], scheduled_at: startsAt, ...where }
  }

  /** Starts of an hour each that do not touch one another, from the day after tomorrow on. */
  async starts(count: number): Promise<string[]> {
    const found: string[] = []
    for (let day = 2; found.length < count && day < 76; day += 14) {
      const date = new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10)
      const { body } = await this.call('GET', `/scheduling/available-slots?date=${date}&days=14&duration_minutes=60`)
      for (const { starts_at: start } of body.slots as { starts_at: string }[]) {
        const last = found.at(-1)
        if (last === undefined || Date.parse(start) - Date.parse(last) >= 3_600_000) found.push(start)
      }
    }
    if (found.length < count) throw new Error(`only ${found.length} of ${count} times are free`)
    return found.slice(0, count)
  }

  /** What no sequence of calls may lead to; empty where all is well. */
  async faults(): Promise<Record<string, unknown>[]> {
    return this.database.query(`
      select 'two at one time' as fault, a.id, b.id as other
        from time_slots a join time_slots b on a.resource_id = b.resource_id and a.id < b.id
        where not a.released and not b.released and a.blocked && b.blocked
      union all select 'a booking without its time', b.id, s.id from bookings b join time_slots s on s.id = b.slot_id
        where b.status in ('pending', 'confirmed', 'in_progress')
          and (s.released or s.starts_at <> b.starts_at or s.ends_at <> b.ends_at)
      union all select 'a time that nobody has', s.id, b.id from time_slots s left join bookings b on b.slot_id = s.id
        where not s.released and (b.id is null or b.status in ('cancelled', 'no_show'))`)
  }
}

function made({ status, body }: Answer): string {
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body.id
}
