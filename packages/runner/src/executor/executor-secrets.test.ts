import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Grant, secretsBoundTo, secretsInfo } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { newBoxKey, newSigningKey, sealTo } from '@ikoma/kernel/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { actions as allActions } from '../actions/index.ts'
import type { ActionContext, Actions } from '../order/action.ts'
import { recordingLogger } from '../testing/setup.ts'
import { signedClaim } from '../testing/signed-claim.ts'
import { runExecutor } from './run-executor.ts'

const now = Date.UTC(2026, 0, 15, 12)
const value = 'canary-5f1e7a90-"$quoted'
const runnerId = newId()
const orderId = newId()
const signing = newSigningKey()
const box = newBoxKey()
let folder: string
let done: unknown[]
let during: (context: ActionContext) => Promise<void>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-secrets-'))
  done = []
  during = async () => undefined
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const actions: Actions = {
  ...allActions,
  'service.systemd.apply': async ({ environment }, context) => {
    done.push(environment)
    await during(context)
    return { ok: true, summary: `with ${environment.DB_PASSWORD}`, output: { changed: true, changes: [] } }
  },
}

const payload = {
  name: 'app',
  description: 'An app',
  user: 'app',
  workingDirectory: '/srv/app',
  execStart: ['/srv/app/run'],
  environment: { DB_PASSWORD: { secret: 'db' }, KIND: { plain: 'text' } },
}

interface Setup {
  grant?: Partial<Grant>
  keyMode?: number
  withKey?: boolean
  text?: string
}

/** Has the executor do one order, and answers all that it told, its own log beside it. */
async function run({ grant = {}, keyMode = 0o600, withKey = true, text: given = value }: Setup = {}) {
  const at = { orderId, attempt: 1, lease: 'lease-1', runnerId }
  const label = { info: secretsInfo, aad: secretsBoundTo(at) }
  const secrets = await sealTo(box.publicKey, Buffer.from(JSON.stringify({ db: given })), label)
  const paths = {
    config: join(folder, 'executor.json'),
    policy: join(folder, 'policy.json'),
    key: join(folder, 'key.pem'),
  }
  const config = {
    runnerUser: userInfo().username,
    runnerId,
    controlPlaneKey: { keyId: signing.keyId, publicKey: signing.publicKey },
    policyFile: paths.policy,
    stateDir: folder,
    ...(withKey ? { sealKeyFile: paths.key } : {}),
  }
  writeFileSync(paths.config, JSON.stringify(config))
  writeFileSync(paths.policy, JSON.stringify({ scopes: ['service'] }))
  writeFileSync(paths.key, box.toPem())
  for (const path of [paths.config, paths.policy]) chmodSync(path, 0o644)
  chmodSync(paths.key, keyMode)
  const claim = signedClaim(signing, {
    ...at,
    type: 'service.systemd.apply',
    payload,
    secrets,
    issuedAt: now,
    ...grant,
  })
  const input = new PassThrough()
  input.write(`${JSON.stringify({ claim, hears: true })}\n`)
  const output = new PassThrough()
  const logger = recordingLogger()
  const told = text(output)
  const peerUid = userInfo().uid
  await runExecutor({ configPath: paths.config, peerUid, input, output, logger, clock: { now: () => now }, actions })
  return { told: await told, logged: JSON.stringify(logger.entries) }
}

test('the executor opens what was encrypted to it, and its action has the value', async () => {
  const { told } = await run()
  expect(done).toEqual([{ DB_PASSWORD: value, KIND: 'text' }])
  expect(told).toContain('"ok":true')
})

test('nothing that it tells the runner, and nothing in its own log, holds the value', async () => {
  during = async ({ log, step, capture }) => {
    log(`variable ${value}`)
    await step(`write ${value}`, async () => undefined)
    await step('fail', async () => Promise.reject(new Error(`no ${value}`))).catch(() => undefined)
    const letters = `printed ${value}\nand ${Buffer.from(value).toString('base64')}\n`
    await capture(Readable.from([...letters].map((letter) => Buffer.from(letter))), 'stdout')
  }
  const { told, logged } = await run()
  expect(told).toContain('printed [REDACTED]')
  for (const spelling of [value, JSON.stringify(value).slice(1, -1), 'canary', 'Y2FuYXJ5']) {
    expect(told).not.toContain(spelling)
    expect(logged).not.toContain(spelling)
  }
  // The name of a secret is none.
  expect(told).toContain('with [REDACTED]')
})

test.each<[string, Setup]>([
  ['another order', { grant: { orderId: newId() } }],
  ['another attempt', { grant: { attempt: 2 } }],
  ['another claim', { grant: { lease: 'lease-2' } }],
  ['an executor without a key', { withKey: false }],
  ['what a thief sealed', { grant: { secrets: { keyId: 'x', enc: 'AAAA', ciphertext: 'AAAA' } } }],
])('of %s nothing is opened, and nothing is done', async (_, setup) => {
  const { told } = await run(setup)
  expect(told).toContain('secrets_unopened')
  expect(done).toEqual([])
})

test('the password within a URL is hidden by itself too', async () => {
  during = async ({ log }) => log('refused for the password swordfish-77')
  const { told } = await run({ text: 'postgres://app:swordfish-77@db/app' })
  expect(told).toContain('[REDACTED]')
  expect(told).not.toContain('swordfish')
})

test('a reference without a value is refused by its field', async () => {
  const { told } = await run({ grant: { secrets: null } })
  expect(told).toContain('environment.DB_PASSWORD')
  expect(done).toEqual([])
})

test('a key that others can read is not used', async () => {
  const { told } = await run({ keyMode: 0o644 })
  expect(told).toContain('can be read by others')
  expect(done).toEqual([])
})
