import { createHash, randomBytes } from 'node:crypto'
import { proofText } from '@ikoma/api'
import { newSigningKey, type SigningKey } from '@ikoma/kernel/node'
import type { CallOptions, World } from './world.ts'

export interface Asked extends CallOptions {
  /** What is sent differs from what was signed by these. */
  sent?: Partial<{ method: string; url: string; body: unknown; headers: Record<string, string> }>
  nonce?: string
  salt?: string
  signer?: SigningKey
}

export type ProvenRunner = Awaited<ReturnType<typeof enrolProven>>

/** A runner that enrolled and proves each request; `at` is the same one as another machine, or started again. */
export async function enrolProven(world: World, name = 'proven') {
  const { token } = (await world.admin('POST', '/v1/enrolments', { body: { name, scopes: ['runner', 'check'] } })).body
  const key = newSigningKey()
  const machine = newMachine()
  const enrol = speaker(world, { key, runnerId: '', token: '', instance: machine })
  const { body } = await enrol('POST', '/v1/runner/enrol', { body: { token, publicKey: key.publicKey } })
  const me = { key, runnerId: body.runnerId as string, token: body.token as string }
  return { id: me.runnerId, me, call: speaker(world, { ...me, instance: machine }), at: at(world, me) }
}

/** A machine and a start of the runner there. */
export const newMachine = () => `${randomBytes(16).toString('hex')}.${randomBytes(12).toString('base64url')}`

interface Me {
  key: SigningKey
  runnerId: string
  token: string
}

const at =
  (world: World, me: Me) =>
  (instance = newMachine()) =>
    speaker(world, { ...me, instance })

/** Calls as a machine that holds the key, each signed for itself. */
export function speaker(world: World, { key, runnerId, token, instance }: Me & { instance: string }) {
  let count = 0
  return async (method: string, url: string, asked: Asked = {}) => {
    const { body, headers = {}, sent = {}, signer = key } = asked
    count += 1
    const given = asked.nonce ?? (await freshNonce(world))
    const nonce = `${given}${asked.salt ?? `~${count}`}`
    const text = body === undefined ? '' : JSON.stringify(body)
    const digest = createHash('sha256').update(text).digest('base64')
    const lease = headers['x-ikoma-lease'] ?? ''
    const signed = proofText({ method, path: url, digest, runnerId, instance, nonce, lease })
    return world.call(sent.method ?? method, sent.url ?? url, {
      body: 'body' in sent ? sent.body : body,
      headers: {
        'x-runner-id': runnerId,
        'x-runner-token': token,
        'x-runner-protocol': '2',
        'x-runner-instance': instance,
        'content-digest': `sha-256=:${digest}:`,
        'x-runner-proof': `2.${nonce}.${signer.sign(Buffer.from(signed))}`,
        ...headers,
        ...sent.headers,
      },
    })
  }
}

/** As any answer to a runner has it, a refusal too. */
export async function freshNonce(world: World): Promise<string> {
  return String((await world.call('POST', '/v1/runner/heartbeat')).headers['x-ikoma-nonce'])
}
