import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Grant } from '@ikoma/api'
import { AppError, newId } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { actions as allActions } from '../actions/index.ts'
import type { ActionContext, Actions } from '../order/action.ts'
import type { Claim } from '../protocol/control-plane-client.ts'
import { actionContext } from '../testing/action-context.ts'
import { recordingLogger } from '../testing/setup.ts'
import { signedClaim } from '../testing/signed-claim.ts'
import { executorAt } from './executor-client.ts'
import { peerUidOf } from './peer.ts'
import { runExecutor } from './run-executor.ts'

const now = Date.UTC(2026, 0, 15, 12)
const runnerId = newId()
const key = newSigningKey()
const thief = newSigningKey()
const me = userInfo()
let folder: string
let servers: Server[]
let logger: ReturnType<typeof recordingLogger>
/** Payloads that reached the action, that is: the machine. */
let done: unknown[]
let endless: boolean
let trouble: Error | null
/** Where the executor listens that was set up last. */
let lastPath: string
/** What the action does besides. */
let program: (context: ActionContext) => Promise<unknown>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-executor-'))
  servers = []
  logger = recordingLogger()
  done = []
  endless = false
  trouble = null
  program = async () => undefined
})
afterEach(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

const actions: Actions = {
  ...allActions,
  'system.directory.apply': async (payload, context) => {
    const { log, step, signal } = context
    if (trouble !== null) throw trouble
    done.push(payload)
    await program(context)
    log('making it')
    await step('make', async () => undefined)
    if (endless && !signal.aborted) await once(signal, 'abort')
    return { ok: true, summary: 'done', output: { changed: true, changes: [] } }
  },
  'service.systemd.apply': async ({ environment }) => {
    return { ok: true, summary: `with ${JSON.stringify(environment)}`, output: { changed: true, changes: [] } }
  },
}

interface Setup {
  scopes?: string[]
  peerUid?: number | null
  mode?: number
  policyMode?: number
  shutdown?: AbortSignal
  at?: number
}

/** An executor behind a socket, as systemd would start one for each connection. */
async function setup(options: Setup = {}) {
  const {
    scopes = ['system.directory', 'shell'],
    peerUid = me.uid,
    mode = 0o644,
    policyMode = 0o644,
    at = now,
  } = options
  const shutdown = options.shutdown ? { shutdown: options.shutdown } : {}
  const configPath = join(folder, 'executor.json')
  const policyFile = join(folder, 'policy.json')
  const config = {
    runnerUser: me.username,
    runnerId,
    controlPlaneKey: { keyId: key.keyId, publicKey: key.publicKey },
    policyFile,
    stateDir: folder,
  }
  writeFileSync(configPath, JSON.stringify(config))
  writeFileSync(policyFile, JSON.stringify({ scopes }))
  // The mask of this process may take bits away.
  chmodSync(configPath, mode)
  chmodSync(policyFile, policyMode)
  const clock = { now: () => at }
  const server = createServer((socket) => {
    const connection = { input: socket, output: socket, peerUid }
    void runExecutor({ configPath, ...connection, logger, clock, actions, ...shutdown })
  })
  servers.push(server)
  const path = join(folder, `${newId().slice(-8)}.sock`)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  lastPath = path
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

test('the last good policy is the last that a runner saw, though no order came under it', async () => {
  const executor = await setup()
  await executor.run(claimOf(), actionContext())
  writeFileSync(join(folder, 'policy.json'), '{"scopes":["check"]}')
  await executor.look()
  writeFileSync(join(folder, 'policy.json'), '{"scope":["check"]}')
  await executor.look()
  expect(logger.entries.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('last good one') })
  expect(await executor.run(claimOf(), actionContext())).toMatchObject(refusal('refused_policy'))
  expect(done).toHaveLength(1)
})

test('nobody but the runner is told anything for a look', async () => {
  const executor = await setup({ peerUid: me.uid + 1 })
  await executor.look()
  expect(logger.entries).toMatchObject([{ message: 'Somebody who is not the runner was refused.' }])
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
    [
      'a verb outside the policy',
      () => claimOf({ type: 'system.user.apply', payload: { name: 'a', home: '/srv/a' } }),
      'refused_policy',
    ],
    [
      'a verb of the runner, which the policy allows without root',
      () => claimOf({ type: 'shell.run', payload: { argv: ['id'] } }),
      'refused_policy',
    ],
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

  test('a grant that was kept back until a later attempt was done', async () => {
    const executor = await setup()
    const orderId = newId()
    const kept = claimOf({ orderId, attempt: 1 })
    await executor.run(claimOf({ orderId, attempt: 2 }), actionContext())
    expect(await executor.run(kept, actionContext())).toMatchObject(refusal('already_executed'))
    expect(done).toHaveLength(1)
  })

  test.each([
    ['another user', me.uid + 1],
    ['a user of another namespace', null],
  ])('a caller who is %s', async (_, peerUid) => {
    const executor = await setup({ peerUid })
    expect(await executor.run(claimOf(), actionContext())).toMatchObject(refusal('refused_peer'))
    expect(done).toEqual([])
  })

  test.each([
    ['a configuration', { mode: 0o666 }],
    ['a policy', { policyMode: 0o620 }],
  ])('%s that others can write', async (_, modes) => {
    const executor = await setup(modes)
    expect(await executor.run(claimOf(), actionContext())).toMatchObject(refusal('executor_failed'))
    expect(done).toEqual([])
  })

  test('and root has it on record', async () => {
    const executor = await setup()
    const claim = claimOf({ type: 'shell.run', payload: { argv: ['id'] } })
    await executor.run(claim, actionContext())
    expect(logger.entries).toMatchObject([
      { level: 'error', fields: { orderId: claim.orderId, code: 'refused_policy' }, message: 'An order was refused.' },
    ])
  })
})

test.each([
  ['0-4242-998', 998],
  ['17-4242-0', 0],
  ['3-12345-4242_9-998', 998],
  ['0-unknown', null],
  ['998', null],
  ['', null],
  ['0-1-', null],
  ['0-1-998; id', null],
])('of the unit name %j the peer is %j', (instance, uid) => expect(peerUidOf(instance)).toBe(uid))

test('what the action refuses is for good; a program that failed may be tried again', async () => {
  const executor = await setup()
  trouble = new AppError('unprocessable', 'It is not ours.', { reason: 'foreign_unit' })
  expect(await executor.run(claimOf({ orderId: newId() }), actionContext())).toEqual({
    ...refusal('foreign_unit'),
    summary: 'It is not ours.',
    errors: [{ code: 'foreign_unit', message: 'It is not ours.' }],
  })
  trouble = new AppError('unavailable', 'apt-get failed.', { reason: 'tool_failed' })
  const failed = await executor.run(claimOf({ orderId: newId() }), actionContext())
  expect(failed).toMatchObject({ ok: false, errors: [{ code: 'tool_failed' }] })
  expect(failed).not.toHaveProperty('retryable')
})

test('a secret of the payload that a tool repeats does not reach the journal of the server', async () => {
  const executor = await setup({ scopes: ['service'] })
  const payload = {
    name: 'app',
    description: 'An app',
    user: 'app',
    workingDirectory: '/srv/app',
    execStart: ['/srv/app/run'],
    environment: { DB_PASSWORD: 'swordfish' },
  }
  await executor.run(claimOf({ type: 'service.systemd.apply', payload }), actionContext())
  expect(logger.entries.map(({ message }) => message)).toEqual(['An order is done as root.', 'It ended.'])
  expect(JSON.stringify(logger.entries)).not.toContain('swordfish')
})

test("a runner that never says stop is stopped at the order's own timeout", async () => {
  endless = true
  const executor = await setup()
  await executor.run(claimOf({ timeoutSec: 1 }), actionContext())
  expect(logger.entries.at(-1)).toMatchObject({ fields: { ok: true }, message: 'It ended.' })
})

test('a stop reaches the action', async () => {
  endless = true
  const executor = await setup()
  const stop = new AbortController()
  const running = executor.run(claimOf(), actionContext({ signal: stop.signal }))
  setTimeout(() => stop.abort({ kind: 'canceled', message: 'canceled' }), 50)
  expect(await running).toMatchObject({ ok: true })
})

test('the end of the executor itself reaches the action', async () => {
  endless = true
  const shutdown = new AbortController()
  const executor = await setup({ shutdown: shutdown.signal })
  const running = executor.run(claimOf(), actionContext())
  setTimeout(() => shutdown.abort(), 50)
  expect(await running).toMatchObject({ ok: true })
})

test('an executor that is not there is named, and nothing waits for it', async () => {
  const executor = executorAt(join(folder, 'nobody.sock'))
  await expect(executor.run(claimOf(), actionContext())).rejects.toMatchObject({ reason: 'executor_unreachable' })
})

describe('what programs print as root', () => {
  /** A context that keeps what is told, in order. */
  function listening() {
    const told: string[] = []
    const context = actionContext()
    return {
      told,
      context: {
        ...context,
        log: (text: string) => void told.push(`log ${text}`),
        async capture(output: Readable, stream: string) {
          told.push(`${stream} ${await text(output)}`)
          return ''
        },
      },
    }
  }

  test('is told between the steps it was printed in', async () => {
    program = async ({ machine, log, step }) => {
      await step('build', () => machine.run({ argv: ['echo', 'building'], aloud: true }))
      log('built')
      await machine.run({ argv: ['echo', 'silent'] })
      await machine.run({ argv: ['echo', 'starting'], aloud: true })
    }
    const executor = await setup()
    const { told, context } = listening()
    await executor.run(claimOf(), context)
    expect(told.filter((line) => !line.endsWith(' '))).toEqual([
      'stdout building\n',
      'log built',
      'stdout starting\n',
      'log making it',
    ])
  })

  test('is heard while the program runs', async () => {
    const gate = join(folder, 'gate')
    program = ({ machine }) =>
      machine.run({
        argv: ['sh', '-c', `echo one; while [ -d ${folder} -a ! -e ${gate} ]; do sleep 0.02; done`],
        aloud: true,
      })
    const executor = await setup()
    const heard = Promise.withResolvers<string>()
    const capture = async (output: Readable) => {
      for await (const chunk of output) heard.resolve(String(chunk))
      return ''
    }
    const running = executor.run(claimOf(), { ...actionContext(), capture })
    expect(await heard.promise).toBe('one\n')
    writeFileSync(gate, '')
    expect(await running).toMatchObject({ ok: true })
  })

  test('waits for a runner that does not read, instead of filling memory', async () => {
    const done = join(folder, 'done')
    program = ({ machine }) =>
      machine.run({ argv: ['sh', '-c', `tr '\\0' x </dev/zero | head -c 16777216; touch ${done}`], aloud: true })
    const executor = await setup()
    const read = Promise.withResolvers<void>()
    let bytes = 0
    const capture = async (output: Readable) => {
      await read.promise
      for await (const chunk of output) bytes += (chunk as Buffer).length
      return ''
    }
    const running = executor.run(claimOf(), { ...actionContext(), capture })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(existsSync(done)).toBe(false)
    read.resolve()
    expect(await running).toMatchObject({ ok: true })
    // And the end of its only line.
    expect([existsSync(done), bytes]).toEqual([true, 16_777_216 + 1])
  })

  test('does not hold up the end of a program whose runner went away', async () => {
    const gone = new AbortController()
    program = ({ machine }) => machine.run({ argv: ['yes'], aloud: true })
    const executor = await setup()
    const capture = async (output: Readable) => {
      await once(output, 'readable')
      gone.abort({ kind: 'canceled', message: 'canceled' })
      output.resume()
      return ''
    }
    expect(await executor.run(claimOf(), { ...actionContext({ signal: gone.signal }), capture })).toMatchObject({
      ok: false,
    })
  })

  test('is told whole before what comes after a stop, however slowly the runner reads', async () => {
    const shutdown = new AbortController()
    program = async ({ machine, machineAfterStop, log }) => {
      try {
        await machine.run({ argv: ['sh', '-c', 'yes before | head -c 3000000; sleep 60'], aloud: true })
      } finally {
        log('taking back')
        await machineAfterStop.run({ argv: ['echo', 'after'], aloud: true })
      }
    }
    const executor = await setup({ shutdown: shutdown.signal })
    const told: string[] = []
    const capture = async (output: Readable) => {
      for await (const chunk of output) {
        told.push(String(chunk))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      return ''
    }
    const running = executor.run(claimOf(), {
      ...actionContext(),
      log: (line) => void told.push(`log ${line}`),
      capture,
    })
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(3), 5_000)
    shutdown.abort()
    expect(await running).toMatchObject({ ok: false })
    const at = told.indexOf('log taking back')
    expect(told.slice(0, at).join('').replaceAll('before\n', '').length).toBeLessThan('before\n'.length)
    expect(told.slice(at + 1).join('')).toBe('after\n')
  })

  test('lets root take back although the runner reads nothing any more', async () => {
    const undone = join(folder, 'undone')
    program = async ({ machine, machineAfterStop }) => {
      try {
        await machine.run({ argv: ['yes'], aloud: true })
      } finally {
        await machineAfterStop.run({ argv: ['sh', '-c', `yes | head -c 1000000; touch ${undone}`], aloud: true })
      }
    }
    await setup()
    const socket = connect(lastPath)
    socket.pause()
    socket.write(`${JSON.stringify({ claim: claimOf({ timeoutSec: 1 }), hears: true })}\n`)
    await vi.waitFor(() => expect(existsSync(undone)).toBe(true), 10_000)
    socket.destroy()
  })

  test('is not told to a runner that was started before it could be', async () => {
    program = ({ machine }) => machine.run({ argv: ['echo', 'printed'], aloud: true })
    await setup()
    const socket = connect(lastPath)
    socket.write(`${JSON.stringify({ claim: claimOf() })}\n`)
    const told = await text(socket)
    expect(told).toContain('"result"')
    expect(told).not.toContain('printed')
  })
})

test('what a later executor tells beside the course is passed over, a result that is not understood is not', async () => {
  const answering = async (...lines: object[]) => {
    const server = createServer((socket) => void socket.end(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
    servers.push(server)
    const path = join(folder, `${newId().slice(-8)}.sock`)
    await new Promise<void>((resolve) => server.listen(path, resolve))
    return executorAt(path).run(claimOf(), actionContext())
  }
  const result = { ok: true, summary: 'done', output: {} }
  expect(await answering({ novelty: 1 }, { log: 'a', more: 2 }, { result })).toEqual(result)
  await expect(answering({ result: { ok: 'perhaps' } })).rejects.toMatchObject({ reason: 'executor_protocol' })
})
