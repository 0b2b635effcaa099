import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type * as z from 'zod'
import { type Client, createClient } from './client.ts'
import { orderBody } from './orders.ts'
import { type Fetch, UnreachableError } from './request.ts'
import { enrolmentBody, rotateBody, runnerBody, runnerPatch } from './runners.ts'
import { scheduleBody, schedulePatch } from './schedules.ts'
import { serverBody, serverPatch } from './servers.ts'
import { tokenBody } from './tokens.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'

interface Write {
  body: z.ZodType
  right(client: Client): Promise<unknown>
  /** What its route refuses: the compiler must refuse it too, which `@ts-expect-error` asks of it. */
  wrong(client: Client): Promise<unknown>
}

const writes: Record<string, Write> = {
  placeOrder: {
    body: orderBody,
    right: (client) => client.placeOrder({ type: 'runner.selftest', runnerId: id, dryRun: undefined }),
    // @ts-expect-error
    wrong: (client) => client.placeOrder({ typ: 'runner.selftest', runnerId: id }),
  },
  createServer: {
    body: serverBody,
    right: (client) => client.createServer({ name: 'web-1' }),
    // @ts-expect-error
    wrong: (client) => client.createServer({ name: 'web-1', tags: 'eu' }),
  },
  updateServer: {
    body: serverPatch,
    right: (client) => client.updateServer(id, { baseUrl: null }),
    // @ts-expect-error
    wrong: (client) => client.updateServer(id, { url: null }),
  },
  createRunner: {
    body: runnerBody,
    right: (client) => client.createRunner({}),
    // @ts-expect-error
    wrong: (client) => client.createRunner({ concurrency: '4' }),
  },
  updateRunner: {
    body: runnerPatch,
    right: (client) => client.updateRunner(id, { disabled: true }),
    // @ts-expect-error
    wrong: (client) => client.updateRunner(id, { enabled: true }),
  },
  rotateRunnerToken: {
    body: rotateBody,
    right: (client) => client.rotateRunnerToken(id),
    // @ts-expect-error
    wrong: (client) => client.rotateRunnerToken(id, { overlap: 60 }),
  },
  createEnrolment: {
    body: enrolmentBody,
    right: (client) => client.createEnrolment({ name: 'edge-1', scopes: ['check'] }),
    // @ts-expect-error
    wrong: (client) => client.createEnrolment({ name: 'edge-1', scope: ['check'] }),
  },
  createSchedule: {
    body: scheduleBody,
    right: (client) => client.createSchedule({ name: 'nightly', cron: '0 3 * * *', order: selftest }),
    // @ts-expect-error
    wrong: (client) => client.createSchedule({ corn: '* * * *', ordr: 7 }),
  },
  updateSchedule: {
    body: schedulePatch,
    right: (client) => client.updateSchedule(id, { paused: true, alertAfterSec: null }),
    // @ts-expect-error
    wrong: (client) => client.updateSchedule(id, { missedRuns: 'run-once' }),
  },
  createToken: {
    body: tokenBody,
    right: (client) => client.createToken({ name: 'ann', role: 'viewer' }),
    // @ts-expect-error
    wrong: (client) => client.createToken({ name: 'ann', role: 'root' }),
  },
}

const selftest = { type: 'runner.selftest', runnerId: id }

const unread = { json: async () => null, text: async () => '' }

/** The body that a call sends. */
async function sentBy(call: (client: Client) => Promise<unknown>): Promise<unknown> {
  let sent: unknown
  const fetch: Fetch = async (_url, { body }) => {
    sent = JSON.parse(body ?? '')
    return { ok: true, status: 204, statusText: '', headers: new Headers(), body: null, ...unread }
  }
  await call(createClient({ url: 'http://127.0.0.1', credential: null, fetch }))
  return sent
}

describe.each(Object.entries(writes))('%s', (_name, { body, right, wrong }) => {
  test('sends what its route takes', async () => {
    expect(body.safeParse(await sentBy(right)).success).toBe(true)
  })

  test('does not compile with what its route refuses', async () => {
    expect(body.safeParse(await sentBy(wrong)).success).toBe(false)
  })
})

test.each(['https://example.org/ikoma', 'https://example.org/?a', 'https://me:pass@example.org'])(
  'asks nobody where the address is more than a host: %s',
  async (url) => {
    let asked = 0
    const fetch: Fetch = async () => {
      asked += 1
      throw new Error('not this one')
    }
    const client = createClient({ url, credential: { kind: 'token', token: 'secret' }, fetch })
    await expect(client.listOrders()).rejects.toThrow(
      'at the root of its host: ask https://example.org, without a path',
    )
    expect(asked).toBe(0)
  },
)

test('a stream on which nothing comes any more, not even a sign of life, is taken for dead after 35 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const alive = new TextEncoder().encode(': alive\n\n')
  const fetch: Fetch = async (_url, { signal }) => ({
    ...{ ok: true, status: 200, statusText: '', headers: new Headers(), ...unread },
    body: (async function* () {
      for (let n = 0; n < 4; n += 1) {
        yield alive
        await new Promise((resolve) => setTimeout(resolve, 15_000))
      }
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })(),
  })
  const client = createClient({ url: 'http://127.0.0.1', credential: null, fetch })
  let ended: unknown = null
  const events = client.followOrder(id)
  events.next().then(
    (event) => (ended = event),
    (error: unknown) => (ended = error),
  )
  await vi.advanceTimersByTimeAsync(3 * 15_000 + 34_000)
  expect(ended).toBeNull()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(ended).toBeInstanceOf(UnreachableError)
})
