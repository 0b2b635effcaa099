import type { SecretResource, SecretRotation } from '@ikoma/api'
import {
  type AttachedRunner,
  maxOrderSecretBytes,
  type Page,
  type PageRequest,
  type Secret,
  type Store,
  servesSecret,
} from '@ikoma/domain'
import { AppError, type Clock } from '@ikoma/kernel'
import type { Keyring } from '../keyring.ts'
import { decryptSecret, encryptSecret } from './secret-cipher.ts'
import { SecretVersions } from './secret-versions.ts'

export type SecretState = SecretResource['state']

export interface NewValue {
  name: string
  value: string
  /** Undefined leaves them as they were. */
  servers: string[] | null | undefined
}

/** Why an order cannot be given its secrets; it is the reason that the order ends with. */
export type SecretRefusal = 'secret_missing' | 'secret_broken' | 'secret_not_for_server' | 'secrets_too_large'

type Opened = { values: Record<string, string> } | { refusal: SecretRefusal; name: string }

const rotationBatch = 100
const triesAgainst = 5

interface SecretDeskOptions {
  store: Store
  clock: Clock
  keyring: Keyring
}

/** Keeps values that orders name: encrypts them for the store, and opens them for a claim, never for a person. */
export class SecretDesk {
  readonly #store: Store
  readonly #clock: Clock
  readonly #keyring: Keyring
  readonly #versions: SecretVersions

  constructor({ store, clock, keyring }: SecretDeskOptions) {
    this.#store = store
    this.#clock = clock
    this.#keyring = keyring
    this.#versions = new SecretVersions(store)
  }

  /** Sets a secret, or its next version: orders that are claimed from now on get it. */
  async set({ name, value, servers }: NewValue, actor: string): Promise<Secret> {
    for (let tries = 1; ; tries++) {
      const before = await this.#store.findSecret(name)
      const { last } = await this.#versions.of(name)
      const now = this.#clock.now()
      const row = {
        name,
        // One that was removed goes on from where it was, so that no former row can pass for a new one.
        version: Math.max(before?.version ?? 0, last) + 1,
        servers: servers === undefined ? (before?.servers ?? null) : servers,
        createdAt: before?.createdAt ?? now,
        createdBy: before?.createdBy ?? actor,
        updatedAt: now,
        updatedBy: actor,
      }
      const secret = encryptSecret(row, Buffer.from(value), this.#keyring.secretKeys.newest())
      const data = { version: secret.version, keyVersion: secret.keyVersion, servers: secret.servers }
      try {
        const entry = { at: now, actor, action: 'secret.set', subject: `secret:${name}`, data }
        await this.#store.putSecret(secret, before?.version ?? null, entry)
      } catch (error) {
        if (error instanceof AppError && error.reason === 'secret_changed' && tries < triesAgainst) continue
        throw error
      }
      return this.#underNewest(secret)
    }
  }

  async remove(name: string, evenIfUsed: boolean, actor: string): Promise<void> {
    const entry = { at: this.#clock.now(), actor, action: 'secret.removed', subject: `secret:${name}`, data: {} }
    await this.#store.deleteSecret(name, evenIfUsed, entry)
  }

  async list(page: PageRequest): Promise<Page<{ secret: Secret; state: SecretState }>> {
    const { items, next } = await this.#store.listSecrets(page)
    const told = items.map(async (secret) => ({ secret, state: await this.#stateOf(secret) }))
    return { items: await Promise.all(told), next }
  }

  /** Refuses an order that could not be given what it names. */
  async refuseUnusable(names: readonly string[], serverId: string | null): Promise<void> {
    for (const name of names) {
      const secret = await this.#store.findSecret(name)
      if (!secret) throw unusable('secret_missing', name)
      if (!servesSecret(secret, serverId)) throw unusable('secret_not_for_server', name)
    }
  }

  /** The values that an order names, as they are now; rejects with `unavailable` while one cannot be had for now. */
  async open(names: readonly string[], runner: Pick<AttachedRunner, 'serverId'>): Promise<Opened> {
    const values: [string, string][] = []
    let bytes = 0
    for (const name of names) {
      const secret = await this.#standing(name)
      if (secret === null) return { refusal: 'secret_missing', name }
      if (secret === 'broken') return { refusal: 'secret_broken', name }
      if (!servesSecret(secret.row, runner.serverId)) return { refusal: 'secret_not_for_server', name }
      bytes += secret.value.length
      if (bytes > maxOrderSecretBytes) return { refusal: 'secrets_too_large', name }
      values.push([name, secret.value.toString('utf8')])
    }
    return { values: Object.fromEntries(values) }
  }

  /**
   * Moves a bounded number of secrets under a key: a new one, or `keyVersion` to go on. Once none is left under a former
   * key those are removed. Orders run meanwhile: what is read is under one key or the other, and both are there.
   */
  async rotate(keyVersion: number | undefined, actor: string): Promise<SecretRotation> {
    const keys = this.#keyring.secretKeys
    const key = keyVersion === undefined ? keys.make() : keys.newest()
    if (keyVersion !== undefined && key.version !== keyVersion) throw overtaken(key.version)
    const old = await this.#store.listSecretsBefore(key.version, rotationBatch)
    const moves = old.flatMap((secret) => {
      const under = keys.find(secret.keyVersion)
      const value = under && decryptSecret(secret, under)
      return value ? [{ from: secret.keyVersion, to: encryptSecret(secret, value, key) }] : []
    })
    if (moves.length < old.length) throw unmovable(old.filter(({ name }) => !moves.some(({ to }) => to.name === name)))
    const done = old.length < rotationBatch
    const data = { keyVersion: key.version }
    const entry = { at: this.#clock.now(), actor, action: 'secrets.rotated', subject: 'secrets', data }
    const moved = await this.#store.moveSecrets(moves, done ? entry : null)
    // Whoever set one meanwhile, under a former key, moves it too.
    const left = await this.#store.listSecretsBefore(key.version, 1)
    if (done && left.length === 0) keys.removeBefore(key.version)
    return { keyVersion: key.version, moved, done: done && left.length === 0 }
  }

  /** A rotation may have begun while this was written: its last look may be over, and the key about to go. */
  async #underNewest(secret: Secret): Promise<Secret> {
    const keys = this.#keyring.secretKeys
    const newest = keys.newest()
    const under = keys.find(secret.keyVersion)
    if (newest.version === secret.keyVersion || !under) return secret
    const value = decryptSecret(secret, under)
    if (!value) return secret
    const to = encryptSecret(secret, value, newest)
    await this.#store.moveSecrets([{ from: secret.keyVersion, to }], null)
    return to
  }

  /** The row and value that stand; null when there is none. Row and audit are two reads, between which it may be set. */
  async #standing(name: string): Promise<{ row: Secret; value: Buffer } | null | 'broken'> {
    for (let tries = 1; ; tries++) {
      const row = await this.#store.findSecret(name)
      const { version } = await this.#versions.of(name)
      if (row === null && version === null) return null
      if (row !== null && row.version === version) {
        const key = this.#keyring.secretKeys.find(row.keyVersion)
        const value = key && decryptSecret(row, key)
        if (value) return { row, value }
        if (!key && tries >= triesAgainst) throw keyMissing(row)
      }
      if (tries >= triesAgainst) return 'broken'
    }
  }

  async #stateOf(secret: Secret): Promise<SecretState> {
    const key = this.#keyring.secretKeys.find(secret.keyVersion)
    if (!key) return 'key_missing'
    if (!decryptSecret(secret, key)) return 'broken'
    const { version } = await this.#versions.of(secret.name)
    return version !== null && secret.version < version ? 'broken' : 'ok'
  }
}

export function unusable(reason: SecretRefusal | 'secrets_unsupported', name: string): AppError {
  return new AppError('unprocessable', sentences[reason](name), { reason })
}

const sentences: Record<SecretRefusal | 'secrets_unsupported', (name: string) => string> = {
  secret_missing: (name) => `There is no secret "${name}". Set it first: ikoma secret set ${name}`,
  secret_broken: (name) => `The secret "${name}" was changed in the database. Set it again: ikoma secret set ${name}`,
  secret_not_for_server: (name) =>
    `The secret "${name}" is bound to other servers. Set it for this one too: ikoma secret set ${name} --server <server>`,
  secrets_too_large: (name) =>
    `With "${name}" the secrets of this order are larger than ${maxOrderSecretBytes} bytes, which is the most.`,
  secrets_unsupported: (name) =>
    `This runner cannot be given the secret "${name}": it has told no key to encrypt it to. On its server run \`ikoma runner install\`, which says what to do.`,
}

function keyMissing({ name, keyVersion }: Secret): AppError {
  const message = `The key secrets-${keyVersion}.key that opens the secret "${name}" is not in the keys folder.`
  return new AppError('unavailable', message, { reason: 'secret_key_missing', retryAfterSec: 30 })
}

function overtaken(keyVersion: number): AppError {
  const message = `Another rotation has begun, to key ${keyVersion}. Go on with that one.`
  return new AppError('conflict', message, { reason: 'rotation_overtaken' })
}

function unmovable(secrets: readonly Secret[]): AppError {
  const names = secrets.map(({ name }) => name).join(', ')
  const message = `These cannot be opened, so the former key was kept: ${names}. Set or remove them, then rotate again.`
  return new AppError('unprocessable', message, { reason: 'secret_broken' })
}
