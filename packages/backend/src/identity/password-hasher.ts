import { availableParallelism } from 'node:os'
import { AppError } from '@ikoma/kernel'
import { hash, verify } from '@node-rs/argon2'

/** `Algorithm.Argon2id`: a const enum, which cannot be imported where types are stripped. */
const argon2id = 2

export interface Argon2Parameters {
  memoryCost: number
  timeCost: number
  parallelism: number
}

/** OWASP Password Storage Cheat Sheet, Argon2id: m=19456 (19 MiB), t=2, p=1. */
export const owaspParameters: Argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** With `null`, for an account that is not there, it takes as long and is false. */
  isPassword(password: string, hashed: string | null): Promise<boolean>
  /** Whether it was made with other parameters than new ones are. */
  isOutdated(hashed: string): boolean
}

interface HasherOptions {
  parameters?: Argon2Parameters
  /** How many at once; the others wait. Each takes a thread of Node's four and 19 MiB. */
  concurrency?: number
  /** How many may wait; the next is told to come back. */
  waiting?: number
}

export function createPasswordHasher(options: HasherOptions = {}): PasswordHasher {
  const { parameters = owaspParameters, waiting = 100 } = options
  const { concurrency = Math.min(3, Math.max(1, availableParallelism() - 1)) } = options
  const inTurn = turns(concurrency, waiting)
  const hashOptions = { ...parameters, algorithm: argon2id }
  let nobodys: Promise<string> | null = null
  const make = (password: string) => hash(bytesOf(password), hashOptions)
  return {
    hash: (password) => inTurn(() => make(password)),
    async isPassword(password, hashed) {
      nobodys ??= make('nobody has this password')
      const against = hashed ?? (await nobodys)
      const same = await inTurn(() => verify(against, bytesOf(password)))
      return same && hashed !== null
    },
    isOutdated: (hashed) => !hashed.startsWith(prefixOf(parameters)),
  }
}

/** The same characters typed on two keyboards are the same password. */
function bytesOf(password: string): Uint8Array {
  return Buffer.from(password.normalize('NFKC'), 'utf8')
}

function prefixOf({ memoryCost, timeCost, parallelism }: Argon2Parameters): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`
}

function turns(concurrency: number, most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const queue: (() => void)[] = []
  return async (work) => {
    if (running >= concurrency) {
      if (queue.length >= most) throw tooBusy()
      await new Promise<void>((resolve) => queue.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      // A turn is handed on, so that nobody who comes between takes it.
      const next = queue.shift()
      if (next) next()
      else running -= 1
    }
  }
}

function tooBusy(): AppError {
  return new AppError('unavailable', 'Too many sign-ins at once: try again in a moment.', {
    reason: 'too_many_sign_ins',
    retryAfterSec: 2,
  })
}
