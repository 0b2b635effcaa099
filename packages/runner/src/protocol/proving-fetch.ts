import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  digestHeader,
  type Fetch,
  leaseHeader,
  nonceHeader,
  proofText,
  runnerInstanceHeader,
  runnerProofHeader,
  runnerProtocol,
  runnerProtocolHeader,
} from '@ikoma/api'
import { fetchBelieving } from '@ikoma/kernel/node'

export interface Prover {
  /** Empty while it enrols. */
  runnerId: string
  privateKey: KeyObject
  /** The control plane's address: what stands in front of its paths is a proxy's business and not signed. */
  url: string
  /** Authorities to believe besides those of the system, in PEM. */
  ca?: string | undefined
}

export interface ProvingFetch {
  fetch: Fetch
  /** Whether an answer has come, and none with a nonce in it: the control plane does not know of them. */
  isFormer(): boolean
}

/** Signs each request with the nonce of the answer before it. The first one gets none: it is answered with one. */
export function provingFetch(prover: () => Prover, instance: string): ProvingFetch {
  let nonce = ''
  let answered = false
  let count = 0
  // A nonce may serve for several requests at once: what is added to it tells them apart.
  const own = randomBytes(6).toString('base64url')
  return {
    isFormer: () => answered && nonce === '',
    async fetch(url, question) {
      count += 1
      const me = prover()
      const proof = nonce === '' ? {} : proofOf(me, { url, question, instance, nonce: `${nonce}~${own}${count}` })
      const about = { [runnerProtocolHeader]: String(runnerProtocol), [runnerInstanceHeader]: instance }
      const answer = await fetchBelieving(me.ca ?? null)(url, {
        ...question,
        headers: { ...question.headers, ...about, ...proof },
      })
      answered = true
      nonce = answer.headers.get(nonceHeader) ?? nonce
      return answer
    },
  }
}

interface Asked {
  url: URL
  question: Parameters<Fetch>[1]
  instance: string
  nonce: string
}

function proofOf({ runnerId, privateKey, url: base }: Prover, { url, question, instance, nonce }: Asked) {
  const { method, headers, body = '' } = question
  const digest = createHash('sha256').update(body).digest('base64')
  const prefix = new URL(base).pathname.replace(/\/$/, '')
  const path = (url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : url.pathname) + url.search
  const lease = headers[leaseHeader] ?? ''
  const text = proofText({ method, path, digest, runnerId, instance, nonce, lease })
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64url')
  return { [digestHeader]: `sha-256=:${digest}:`, [runnerProofHeader]: `2.${nonce}.${signature}` }
}
