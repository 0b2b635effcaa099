import type { AuditEvent, AuditHead, Store } from '@ikoma/domain'
import { type AuditRule, isKeyed } from '@ikoma/domain/audit-chain'
import { AppError, type Clock } from '@ikoma/kernel'
import { type Log, readSecretFile, replaceSecretFile } from '@ikoma/kernel/node'
import { BoundedCache } from '../bounded-cache.ts'
import type { Keyring } from '../keyring.ts'
import type { Alarms } from '../watch/alarms.ts'
import { levelOf } from '../watch/store-health.ts'
import { type HeadAt, readHead, signHead } from './signed-head.ts'

/** A commit is followed by a look; between two looks it rests, so that many commits share one. */
const restMs = 100
const confirmedForMs = 60_000
/** What one runner says that is not so must not hide what another says. */
const maxToldOfSource = 10
const keepThis =
  'the audit ends here: kept elsewhere, this line shows later whether it was rewritten or cut short (ikoma audit verify --head)'

export interface WitnessOptions {
  store: Store
  clock: Clock
  log: Log
  alarms: Alarms
  keyring: Keyring
  rule: AuditRule
  /** Where it keeps its head over a restart: a place that the database cannot write. Null keeps none. */
  file: string | null
}

/**
 * Remembers how the audit ended, and compares: with the database each time it grows, with what runners and archives
 * give back. What it tells others is on disk, in a chain that this control plane wrote; it may lag behind it.
 */
export class AuditWitness {
  readonly #options: WitnessOptions
  readonly #confirmed: BoundedCache<boolean>
  readonly #told = new Map<string, Set<string>>()
  /** What was once seen in the chain. Nothing that contradicts it takes its place. */
  #remembered: HeadAt | null = null
  /** How the chain ends now, or did a moment ago. */
  #current: AuditHead | null = null
  /** What is remembered and the database no longer has: orders that ended may wait in it to be run once more. */
  #missing: AuditHead | null = null
  #logged = 0
  #looking: Promise<void> | null = null
  #rest: NodeJS.Timeout | null = null
  #again = false
  #stopped = false

  constructor(options: WitnessOptions) {
    this.#options = options
    this.#confirmed = new BoundedCache(1_000, confirmedForMs)
  }

  /** Compares the audit with what the last process remembered, and says where it stands. */
  async start(): Promise<void> {
    this.#remembered = this.#readFile()
    await this.#lookSafely()
    this.#say()
  }

  /** Says where the audit ends, once more. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#rest) clearTimeout(this.#rest)
    await this.#looking
    await this.#lookSafely()
    this.#say()
  }

  /** Says where the audit ends when it grew since it was last said. */
  async tick(): Promise<void> {
    await this.#lookSafely()
    if ((this.#current?.seq ?? 0) > this.#logged) this.#say()
  }

  /** The audit grew: a look follows, soon. */
  noticed(): void {
    if (this.#stopped) return
    if (this.#looking || this.#rest) {
      this.#again = true
      return
    }
    this.#looking = this.#lookSafely().finally(() => {
      this.#looking = null
      if (this.#stopped) return
      this.#rest = setTimeout(() => this.#rested(), restMs)
      this.#rest.unref()
    })
  }

  #rested(): void {
    this.#rest = null
    if (!this.#again) return
    this.#again = false
    this.noticed()
  }

  /** The newest head that is known to be on disk; null before the first one. */
  head(): AuditHead | null {
    return this.#current
  }

  /** What this process, and those before it, saw last. */
  remembered(): HeadAt | null {
    return this.#remembered
  }

  /** Why nothing may be placed nor claimed: an older state of the database was put back, or its history was rewritten. */
  refusal(): AppError | null {
    if (this.#missing === null) return null
    const { seq } = this.#missing
    return new AppError(
      'unavailable',
      `The database is not what this control plane acknowledged (event ${seq} of the audit is missing or another): orders that ended may stand there as waiting, so that none is placed or given to a runner. Look: ikoma audit verify. If you put it back yourself: see docs/audit.md.`,
      { reason: 'audit_contradicted', retryAfterSec: 60, details: { missing: seq } },
    )
  }

  /** The head as it is now, signed; null while the audit is empty or contradicts what is remembered. */
  async signedHead(): Promise<string | null> {
    return (await this.look()) ? this.#signed() : null
  }

  /** Whether the database still has this entry, which `source` was once told of. Raises an alarm when it has not. */
  async compareHead(head: AuditHead, source: string): Promise<boolean> {
    const { clock } = this.#options
    if (head.seq === 0) return true
    const key = `${head.seq} ${head.hash}`
    if (this.#confirmed.peek(key, clock.now())) return true
    const event = await this.#eventAt(head.seq)
    if (event?.hash !== head.hash) return this.#tell(head, event, source)
    this.#confirmed.set(key, clock.now(), true)
    return true
  }

  /** Compares what is remembered with the database and, when that holds, remembers how the audit ends now. */
  async look(): Promise<boolean> {
    const { store, clock } = this.#options
    const known = this.#remembered
    const head = await store.auditHead()
    if (known !== null) {
      const event = head.seq < known.seq ? undefined : await this.#eventAt(known.seq)
      this.#missing = event?.hash === known.hash ? null : known
      if (this.#missing) return this.#tell(known, event, 'control-plane')
    }
    if (head.seq === 0) return true
    if (head.seq !== known?.seq || head.hash !== known.hash) {
      const last = await this.#eventAt(head.seq)
      if (last?.hash !== head.hash || !this.#isOurs(last)) return this.#tell(head, last, 'database')
    }
    // Two looks may overlap.
    if (head.seq >= (this.#current?.seq ?? 0)) this.#current = { seq: head.seq, hash: head.hash }
    if (head.seq >= (this.#remembered?.seq ?? 0)) this.#remembered = { ...head, at: clock.now() }
    return true
  }

  #isOurs(event: AuditEvent): boolean {
    const { key, keyedFrom, unkeyedUntil } = this.#options.rule
    if (key === null || event.seq < keyedFrom) return true
    if (event.mac !== '') return isKeyed(event, key)
    return Math.max(event.at, this.#options.clock.now()) < unkeyedUntil
  }

  async #eventAt(seq: number): Promise<AuditEvent | undefined> {
    const [event] = await this.#options.store.listAudit({}, seq - 1, 1)
    return event?.seq === seq ? event : undefined
  }

  /** Each case once: a runner says the same with every heartbeat. */
  #tell(head: AuditHead, found: AuditEvent | undefined, source: string): false {
    const told = this.#told.get(source) ?? new Set()
    const key = `${head.seq} ${head.hash}`
    if (told.has(key) || told.size >= maxToldOfSource) return false
    this.#told.set(source, told.add(key))
    const { alarms } = this.#options
    alarms.raise('audit_rewritten', { seq: head.seq, expected: head.hash, found: found?.hash ?? null, source })
    return false
  }

  async #lookSafely(): Promise<void> {
    try {
      await this.look()
    } catch (error) {
      this.#options.log[levelOf(error)]({ err: error }, 'the end of the audit could not be looked at')
    }
  }

  #signed(): string | null {
    const { clock, keyring } = this.#options
    return this.#current && signHead({ ...this.#current, at: clock.now() }, keyring)
  }

  #say(): void {
    const { log, file } = this.#options
    const signed = this.#signed()
    if (signed === null || this.#current === null) return
    this.#logged = this.#current.seq
    log.info({ auditHead: signed, seq: this.#current.seq }, keepThis)
    // What contradicts the memory is said, with the alarm, and not kept; nor is what a neighbour knows more of.
    if (file === null || this.#remembered?.seq !== this.#current.seq) return
    if ((this.#readFile()?.seq ?? 0) > this.#current.seq) return
    try {
      replaceSecretFile(file, signed)
    } catch (error) {
      log.warn({ err: error }, 'the end of the audit could not be kept with the keys')
    }
  }

  #readFile(): HeadAt | null {
    const { file, keyring, log } = this.#options
    if (file === null) return null
    try {
      const head = readHead(readSecretFile(file), keyring)
      if (typeof head !== 'string') return head
      log.warn({ file, head }, 'this is no end of the audit that this control plane signed: it is not compared')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ err: error }, 'the remembered end of the audit could not be read')
    }
    return null
  }
}
