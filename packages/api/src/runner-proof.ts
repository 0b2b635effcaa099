/**
 * How a runner shows with each request that it holds the key it enrolled with. What it signs is the request itself and a
 * nonce of the control plane's, so that nobody can ask for a proof in advance, or use one for another request.
 */

/** `2.<nonce>.<signature>`; see `proofText` for what is signed. */
export const runnerProofHeader = 'x-runner-proof'
/** In every answer to a runner: the nonce for its next requests. */
export const nonceHeader = 'x-ikoma-nonce'
/** `<machine>.<boot>`: which machine speaks, and since which start of the runner there; see `runnerInstancePattern`. */
export const runnerInstanceHeader = 'x-runner-instance'
/** `sha-256=:<base64>:` of the body (RFC 9530), so that the proof can be checked before the body is read. */
export const digestHeader = 'content-digest'

/** How long a nonce is good: longer than a runner's request may stay parked, which gets it the next one. */
export const nonceLifeMs = 90_000

/** Both in hexadecimal or base64url; a machine that has no identity of its own is `-`. */
export const runnerInstancePattern = /^(-|[\w-]{16,64})\.([\w-]{16,64})$/

export interface ProvenRequest {
  method: string
  /** With its query, as in the request line. */
  path: string
  /** SHA-256 of the body, base64; of no body that of an empty one. */
  digest: string
  /** Empty at enrolment. */
  runnerId: string
  instance: string
  /** The control plane's, and after a `~` what the runner adds so that no two of its requests are alike. */
  nonce: string
  /** Empty where the request speaks for no claim. */
  lease: string
}

export function proofText({ method, path, digest, runnerId, instance, nonce, lease }: ProvenRequest): string {
  return JSON.stringify(['ikoma-runner-proof-2', method, path, digest, runnerId, instance, nonce, lease])
}

/** What former versions signed, `<epoch ms>.<signature>`: a time and nothing else. */
export const formerProofWindowMs = 60_000

/** Good once, like the token itself, and for nobody else's key. */
export function formerEnrolProofText(token: string): string {
  return `ikoma-runner-enrol\n${token}`
}

export function formerProofText(runnerId: string, atMs: number): string {
  return `ikoma-runner-proof\n${runnerId}\n${atMs}`
}
