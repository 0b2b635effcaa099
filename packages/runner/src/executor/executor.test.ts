import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Grant } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Actions } from '../action.ts'
import { actions as allActions } from '../actions/index.ts'
import type { Claim } from '../control-plane.ts'
import { actionContext } from '../testing/action-context.ts'
import { signedClaim } from '../testing/signed-claim.ts'
import { executorAt } from './executor-client.ts'
import { runExecutor } from './run-executor.ts'

const now = Date.UTC(2026, 0, 15, 12)
const runnerId = newId()
const key = newSigningKey()
const thief = newSigningKey()
let folder: string
let servers: Server[]
/** Payloads that reached the action, that is: the machine. */
let done: unknown[]
let finish: (() => void) | null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-executor-'))
  servers = []
  done = []
  finish = null
})
afterEach(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const actions: Actions = {
  ...allActions,
  'system.directory.apply': async (payload, { log, step, signal }) => {
    done.push(payload)
    log('making it')
    await step('make', async () => undefined)
    if (finish) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    return { ok: true, summary: 'done', output: { changed: true, changes: [] } }
  },
}

interface Setup {
  scopes?: string[]
  peerUid?: number
  mode?: number
  at?: number
}

/** An executor behind a socket, as systemd would start one for each connection. */
async function setup({ scopes = ['system.directory'], peerUid = 1000, mode = 0o644, at = now }: Setup = {}) {
  const configPath = join(folder, 'executor.json')
  const config = {
    runnerUid: 1000,
    runnerId,
    controlPlaneKey: { keyId: key.keyId, publicKey: key.publicKey },
    policy: { scopes },
    stateDir: folder,
  }
  writeFileSync(configPath, JSON.stringify(config), { mode })
  const clock = { now: () => at }
  const server = createServer((socket) => {
    void runExecutor({ configPath, peerUid, input: socket, output: socket, clock, actions })
  })
  servers.push(server)
  const path = join(folder, `${newId().slice(-8)}.sock`)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return executorAt(path)
}

function claimOf(more: Partial<Grant> = {}, by = key): Claim {
  return signedClaim(by, { runnerId, issuedAt: now, ...more })
}

const refusal = (code: string) => ({ ok: false, retryable: false, errors: [{ code }] })

test('an order that is signed, for this runner and allowed here is done, and its course is told', async () => {
  const executor = await setup()
  const context = actionContext()
  const result = await executor.run(claimOf(), context)
  expect(result).toEqual({ ok: true, summary: 'done', output: { changed: true, changes: [] } })
  expect([context.logged, context.steps]).toEqual([['making it'], ['make']])
  expect(done).toEqual([{ path: '/srv/app', owner: 'root', group: 'root', mode: '755' }])
})

describe('whatever a compromised runner brings, nothing happens', () => {
  const forged = (change: (claim: Claim) => Claim) => change(claimOf())
  const altered = (claim: Claim) => {
    const bytes = Buffer.from(claim.grant.bytes, 'base64url').toString().replace('/srv/app', '/etc/abc')
    return { ...claim, grant: { ...claim.grant, bytes: Buffer.from(bytes).toString('base64url') } }
  }
  test.each<[string, () => Claim, string]>([
    ['an unsigned order', () => forged((c) => ({ ...c, grant: { ...c.grant, signature: '' } })), 'refused_signature'],
    ['one signed by somebody else', () => claimOf({}, thief), 'refused_signature'],
    [
      'one signed by somebody else under our key name',
      () => {
        const claim = claimOf({}, thief)
        return { ...claim, grant: { ...claim.grant, keyId: key.keyId } }
      },
      'refused_signature',
    ],
    ['an altered payload', () => forged(altered), 'refused_signature'],
    ['an expired order', () => claimOf({ notAfter: now - 1 }), 'refused_signature'],
    ['an order for another runner', () => claimOf({ runnerId: newId() }), 'refused_signature'],
    ['an order under another attempt', () => forged((c) => ({ ...c, attempt: 2 })), 'refused_signature'],
    ['an older kind of grant', () => claimOf({ v: 0 as never }), 'refused_signature'],
    ['a verb outside the policy', () => claimOf({ type: 'shell.run', payload: { argv: ['id'] } }), 'refused_policy'],
    ['a verb nobody knows', () => claimOf({ type: 'system.root.shell' }), 'unknown_type'],
    ['a payload the schema refuses', () => claimOf({ payload: { path: '/srv/../etc' } }), 'invalid_payload'],
  ])('%s', async (_, claim, code) => {
    const executor = await setup()
    expect(await executor.run(claim(), actionContext())).toMatchObject(refusal(code))
    expect(done).toEqual([])
  })

  test('a grant that was used already', async () => {
    const executor = await setup()
    const claim = claimOf()
    await executor.run(claim, actionContext())
    expect(await executor.run(claim, actionContext())).toMatchObject(refusal('already_executed'))
    expect(done).toHaveLength(1)
  })

  test('a caller who is not the runner', async () => {
    const executor = await setup({ peerUid: 1001 })
    expect(await executor.run(claimOf(), actionContext())).toMatchObject(refusal('refused_peer'))
    expect(done).toEqual([])
  })

  test('a configuration that others can write', async () => {
    const executor = await setup({ mode: 0o666 })
    // The mask of this process may have taken the bits away.
    chmodSync(join(folder, 'executor.json'), 0o666)
    expect(await executor.run(claimOf(), actionContext())).toMatchObject(refusal('executor_failed'))
    expect(done).toEqual([])
  })
})

test('a stop reaches the action', async () => {
  finish = () => undefined
  const executor = await setup()
  const stop = new AbortController()
  const running = executor.run(claimOf(), actionContext({ signal: stop.signal }))
  setTimeout(() => stop.abort({ kind: 'canceled', message: 'canceled' }), 50)
  expect(await running).toMatchObject({ ok: true })
})

test('an executor that is not there is named, and nothing waits for it', async () => {
  const executor = executorAt(join(folder, 'nobody.sock'))
  await expect(executor.run(claimOf(), actionContext())).rejects.toMatchObject({ reason: 'executor_unreachable' })
})
