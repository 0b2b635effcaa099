import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Grant, grantBatchText, type SignedGrant } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { newSigningKey } from '@ikoma/kernel/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { node } from '../kit/product.ts'

const key = newSigningKey()
const runnerId = newId()
const program = join(import.meta.dirname, 'programs', 'executors.ts')
const [minute, day] = [60_000, 86_400_000]

const folder = mkdtempSync(join(tmpdir(), 'ikoma-hostile-'))
const config = join(folder, 'executor.json')
/** Two processes on the same settings. */
let processes: ReturnType<typeof start>[]

beforeAll(() => {
  const policyFile = join(folder, 'policy.json')
  const controlPlaneKey = { keyId: key.keyId, publicKey: key.publicKey }
  const runnerUser = userInfo().username
  writeFileSync(config, JSON.stringify({ runnerUser, runnerId, controlPlaneKey, policyFile, stateDir: folder }))
  writeFileSync(policyFile, JSON.stringify({ scopes: ['system.directory'] }))
  for (const path of [config, policyFile]) chmodSync(path, 0o644)
  processes = [start(), start()]
})
afterAll(() => {
  for (const { child } of processes) child.kill()
  rmSync(folder, { recursive: true, force: true })
})

function start() {
  const child = spawn(node, [program, config], { stdio: ['pipe', 'pipe', 'inherit'] })
  const said: string[] = []
  const waiting: ((answer: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line).said
    const next = waiting.shift()
    if (next) next(answer)
    else said.push(answer)
  })
  const ask = (claim: object): Promise<string> => {
    child.stdin.write(`${JSON.stringify({ claim })}\n`)
    const known = said.shift()
    return known === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(known)
  }
  return { child, ask }
}

/** Of the first process, unless it is said of which. */
const ask = (claim: object, at = 0): Promise<string> => {
  const asked = processes[at]
  if (!asked) throw new Error('there are two processes')
  return asked.ask(claim)
}

function grantOf(more: Partial<Grant> = {}): Grant {
  const now = Date.now()
  return {
    // A look at what would be done: this machine is not to be changed.
    ...{ v: 2, orderId: newId(), type: 'system.directory.apply', payload: { path: '/srv/app' }, dryRun: true },
    ...{
      risk: 'change',
      retryClass: 'idempotent',
      runnerId,
      serverId: null,
      attempt: 1,
      maxAttempts: 2,
      lostClaims: 0,
    },
    ...{ lease: newId(), timeoutSec: 60, issuedAt: now, notAfter: now + minute, expiresAt: now + day },
    ...{ auditHead: null, secrets: null },
    ...more,
  }
}

function claimsOf(...grants: Grant[]) {
  const texts = grants.map((grant) => Buffer.from(JSON.stringify(grant)))
  const batch = texts.map((bytes) => createHash('sha256').update(bytes).digest('base64url'))
  const signature = key.sign(Buffer.from(grantBatchText(batch)))
  return grants.map(({ orderId, attempt, lease }, place) => {
    const bytes = (texts[place] as Buffer).toString('base64url')
    const grant: SignedGrant = { v: 2, keyId: key.keyId, bytes, batch, place, signature }
    return { orderId, attempt, lease, claimLeaseSec: 60, runLeaseSec: 60, grant }
  })
}
const claimOf = (more: Partial<Grant> = {}) => claimsOf(grantOf(more))[0] as ReturnType<typeof claimsOf>[number]

test('a grant is executed once, also when two processes are asked three times each at the same moment', async () => {
  const claim = claimOf()
  const answers = await Promise.all([0, 1, 0, 1, 0, 1].map((at) => ask(claim, at)))
  expect(answers.filter((answer) => answer === 'done')).toHaveLength(1)
  expect(await ask(claim)).toBe('already_executed')
})

test('a grant from the future, valid for days, too late or for an attempt too many is not executed', async () => {
  const now = Date.now()
  const refused = await Promise.all(
    [
      { issuedAt: now + 5 * minute, notAfter: now + 6 * minute },
      { notAfter: now + 2 * day },
      { issuedAt: now - 2 * minute, notAfter: now - minute },
      { expiresAt: now - 1 },
      { attempt: 3 },
      { attempt: 1, v: 1 as never },
    ].map((more) => ask(claimOf(more))),
  )
  expect(new Set(refused)).toEqual(new Set(['refused_signature']))
})

test('an order that was set back runs under no fresh grant, and never more often than it has attempts', async () => {
  const orderId = newId()
  expect(await ask(claimOf({ orderId, attempt: 2 }))).toBe('done')
  expect(await ask(claimOf({ orderId, attempt: 1 }))).toBe('already_executed')
  expect(await ask(claimOf({ orderId, attempt: 2 }))).toBe('already_executed')
  expect(await ask(claimOf({ orderId, attempt: 3, lostClaims: 1 }))).toBe('already_executed')
})

test('of a batch each grant is good at its own place', async () => {
  const [one, two] = claimsOf(grantOf(), grantOf())
  if (!one || !two) throw new Error('two were signed')
  expect(await ask({ ...one, grant: { ...one.grant, place: 1 } })).toBe('refused_signature')
  expect(await ask({ ...one, grant: two.grant })).toBe('refused_signature')
  expect(await ask({ ...one, grant: { ...one.grant, batch: [...one.grant.batch].reverse(), place: 1 } })).toBe(
    'refused_signature',
  )
  expect([await ask(two), await ask(one)]).toEqual(['done', 'done'])
})
