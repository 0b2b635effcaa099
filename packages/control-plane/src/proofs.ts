import { createHash } from 'node:crypto'
import {
  digestHeader,
  formerProofText,
  formerProofWindowMs,
  leaseHeader,
  proofText,
  runnerInstanceHeader,
  runnerInstancePattern,
  runnerProofHeader,
} from '@ikoma/api'
import { AppError, type Clock } from '@ikoma/kernel'
import { verifiesSignature } from '@ikoma/kernel/node'
import { Nonces } from './nonces.ts'
import { SeenProofs } from './seen-proofs.ts'

/** What is examined of a request, however it came. */
export interface ProvableRequest {
  method: string
  /** With its query. */
  url: string
  headers: Record<string, string | string[] | undefined>
  /** The digest that the runner has signed for the body, which has not been read yet. */
  signedDigest?: string
  /** The digest of the body as it was read. */
  bodyDigest?: string
}

const emptyDigest = createHash('sha256').digest('base64')
const sweepEveryMs = 60_000

/** `nonce`: nothing is wrong with it but that it must be made anew, with the nonce in the answer. */
export type ProofVerdict = 'good' | 'former' | 'bad' | 'nonce'

/** Whether a request was signed by the key that it should be, for itself and just now. */
export class Proofs {
  readonly #nonces: Nonces
  readonly #seen = new SeenProofs()
  readonly #clock: Clock
  #sweptAt = 0

  constructor(nonceKey: Uint8Array, clock: Clock) {
    this.#nonces = new Nonces(nonceKey)
    this.#clock = clock
  }

  nonce(): string {
    return this.#nonces.issue(this.#clock.now())
  }

  /** Of a runner with its id, of a machine that enrols with none. Nothing is kept of a proof that is not good. */
  async examine(request: ProvableRequest, publicKey: string, runnerId: string): Promise<ProofVerdict> {
    const now = this.#clock.now()
    const text = String(request.headers[runnerProofHeader] ?? '')
    if (text === '') return 'nonce'
    const [, nonce = '', salt = '', signature = ''] = /^2\.([\w-]{32})(~[\w-]{1,40})?\.([\w-]{86})$/.exec(text) ?? []
    if (nonce === '') return this.#former(text, publicKey, runnerId)
    const nonceAt = this.#nonces.issuedAt(nonce, now)
    if (nonceAt === null) return 'nonce'
    const digest = digestOf(request)
    const instance = textOf(request.headers[runnerInstanceHeader])
    if (digest === null || !runnerInstancePattern.test(instance)) return 'bad'
    const { method, url: path } = request
    const lease = textOf(request.headers[leaseHeader])
    const signed = proofText({ method, path, digest, runnerId, instance, nonce: nonce + salt, lease })
    if (!(await verifiesSignature(publicKey, Buffer.from(signed), signature))) return 'bad'
    // After the check and without a pause: of two alike that came at once, one is new.
    // An enrolment is good once anyway; and what a stranger's key signed is not worth remembering.
    if (runnerId !== '' && !this.#seen.take(runnerId, signature, nonceAt)) return 'nonce'
    this.#sweep(now)
    request.signedDigest = digest
    return 'good'
  }

  /** A time and nothing else: never from ahead, which is how one could be asked for in advance. */
  async #former(text: string, publicKey: string, runnerId: string): Promise<ProofVerdict> {
    const [, at = '', signature = ''] = /^(\d{13})\.([\w-]{86})$/.exec(text) ?? []
    const age = this.#clock.now() - Number(at)
    if (at === '' || age > formerProofWindowMs || age < -5_000) return 'bad'
    const signed = Buffer.from(formerProofText(runnerId, Number(at)))
    return (await verifiesSignature(publicKey, signed, signature)) ? 'former' : 'bad'
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < sweepEveryMs) return
    this.#sweptAt = now
    this.#seen.sweep(now)
  }
}

/** Called once the body is read: it is what the runner signed, or nothing is done. */
export function refuseAlteredBody({
  signedDigest,
  bodyDigest = emptyDigest,
}: Pick<ProvableRequest, 'signedDigest' | 'bodyDigest'>): void {
  if (signedDigest === undefined || signedDigest === bodyDigest) return
  throw new AppError('unauthorized', 'The body is not the one that the runner signed. What changed it on its way?', {
    reason: 'body_altered',
  })
}

export function proofNeeded(now: number): AppError {
  return new AppError('unauthorized', 'Sign this request with the nonce in x-ikoma-nonce, and send it again.', {
    reason: 'proof_needed',
    details: { serverTime: new Date(now).toISOString() },
  })
}

/** What the runner says its body's digest is; null for a text that is none. Without one it has no body. */
function digestOf({ headers }: Pick<ProvableRequest, 'headers'>): string | null {
  const text = headers[digestHeader]
  if (text === undefined) return emptyDigest
  const [, digest] = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(String(text)) ?? []
  return digest ?? null
}

const textOf = (header: unknown): string => (typeof header === 'string' ? header : '')
