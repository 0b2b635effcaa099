import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditHead } from '@ikoma/domain'
import { type AuditRule, auditKeyOf } from '@ikoma/domain/audit-chain'
import { createLog } from '@ikoma/kernel/node'
import { sealKey } from '@ikoma/store/testing'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { setup, type World } from '../testing/world.ts'
import { Alarms } from '../watch/alarms.ts'
import { type HeadAt, readHead } from './signed-head.ts'
import { AuditWitness } from './witness.ts'

let world: World
let file: string
beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-witness-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  file = join(folder, 'audit.head')
  world = await setup()
  await world.createRunner()
})
afterEach(() => world.close())

const ours: AuditRule = { key: auditKeyOf(sealKey), keyedFrom: 1, unkeyedUntil: 0 }

function aWitness(rule = ours) {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const { store, keyring } = world
  const clock = { now: () => world.time.now }
  const alarms = new Alarms({ log, registry: new Registry() })
  const witness = new AuditWitness({ store, clock, log, alarms, keyring, rule, file })
  const said = () => lines.map((line) => JSON.parse(line))
  return {
    witness,
    heads: (): (HeadAt | string)[] =>
      said().flatMap(({ auditHead }) => (auditHead === undefined ? [] : [readHead(auditHead, keyring)])),
    alarms: () => said().filter(({ level }) => level === 'error'),
  }
}
const head = (): Promise<AuditHead> => world.store.auditHead()
const cut = (seq: number) => world.editDatabase('delete from audit where seq > ?', [seq])

test('the log says where the audit ends: at the start, when it grew, and at the stop', async () => {
  const { witness, heads } = aWitness()
  await witness.start()
  const first = await head()
  expect(heads()).toEqual([{ ...first, at: world.time.now }])
  await witness.tick()
  expect(heads()).toHaveLength(1)
  await world.createRunner()
  world.time.now += 300_000
  await witness.tick()
  expect(heads().slice(1)).toEqual([{ ...(await head()), at: world.time.now }])
  await world.createRunner()
  await witness.stop()
  expect(heads().slice(2)).toEqual([{ ...(await head()), at: world.time.now }])
})

test('nothing is said of an audit that is empty', async () => {
  await cut(0)
  const { witness, heads, alarms } = aWitness()
  await witness.start()
  expect([heads(), alarms(), witness.head(), await witness.signedHead()]).toEqual([[], [], null, null])
})

test('what it tells a grant is on disk, and no more than that', async () => {
  const { witness } = aWitness()
  expect(witness.head()).toBeNull()
  await witness.start()
  const before = await head()
  await world.createRunner()
  expect(witness.head()).toEqual(before)
  await witness.look()
  expect(witness.head()).toEqual(await head())
})

test('entries that were removed while no process ran raise the alarm at the start', async () => {
  await world.createRunner()
  const first = aWitness()
  await first.witness.start()
  const { seq, hash } = await head()
  expect([statSync(file).mode & 0o777, readHead(readFileSync(file, 'utf8').trim(), world.keyring)]).toMatchObject([
    0o600,
    { seq, hash },
  ])
  await cut(1)
  const { witness, alarms, heads } = aWitness()
  await witness.start()
  expect(alarms()).toMatchObject([{ seq, expected: hash, found: null, source: 'control-plane' }])
  expect([heads(), witness.head(), witness.remembered()]).toMatchObject([[], null, { seq, hash }])
  // What came after the older state does not make it whole.
  for (let n = 0; n < 3; n += 1) await world.createRunner()
  await witness.look()
  expect([alarms().length, witness.head()]).toEqual([1, null])
  expect(readFileSync(file, 'utf8')).toContain('iko_head.2.')
})

test('an end that somebody without the key wrote is neither signed nor told', async () => {
  const { witness, alarms, heads } = aWitness()
  await witness.start()
  await world.createRunner()
  await world.editDatabase("update audit set mac = '' where seq = ?", [2])
  expect([await witness.look(), witness.head()?.seq, await witness.signedHead()]).toEqual([false, 1, null])
  expect([alarms()[0], heads().length]).toMatchObject([{ seq: 2, source: 'database' }, 1])
})

test('an end that a process of the former version wrote is told while it may run', async () => {
  await world.editDatabase("update audit set mac = '' where seq = ?", [1])
  const { now } = world.time
  const beside = aWitness({ ...ours, unkeyedUntil: now + 1 })
  await beside.witness.start()
  expect([beside.alarms(), beside.witness.head()?.seq]).toEqual([[], 1])
  rmSync(file)
  world.time.now += 1
  const alone = aWitness({ ...ours, unkeyedUntil: now + 1 })
  await alone.witness.start()
  expect([alone.alarms().length, alone.witness.head()]).toEqual([1, null])
})

test('a head that a runner gives back is compared, and raises the alarm once', async () => {
  await world.createRunner()
  const { witness, alarms } = aWitness()
  const [first, second] = [(await world.store.listAudit({}, 0, 1))[0], await head()]
  const known = { seq: 1, hash: first?.hash ?? '' }
  expect(await witness.compareHead({ seq: 0, hash: '' }, 'runner:r')).toBe(true)
  expect([await witness.compareHead(known, 'runner:r'), await witness.compareHead(second, 'runner:r')]).toEqual([
    true,
    true,
  ])
  for (let n = 0; n < 3; n += 1) {
    expect(await witness.compareHead({ seq: 9, hash: 'x' }, 'runner:r')).toBe(false)
    expect(await witness.compareHead({ seq: 1, hash: 'x' }, 'runner:r')).toBe(false)
  }
  expect(alarms()).toMatchObject([
    { seq: 9, expected: 'x', found: null, source: 'runner:r' },
    { seq: 1, expected: 'x', found: known.hash, source: 'runner:r' },
  ])
  await cut(1)
  world.time.now += 60_000
  expect(await witness.compareHead(second, 'runner:r')).toBe(false)
})

test('a file that it did not sign is not believed, and a store that is away stops nothing', async () => {
  writeFileSync(file, 'nonsense', { mode: 0o600 })
  const { witness, alarms } = aWitness()
  const { auditHead } = world.store
  world.store.auditHead = () => Promise.reject(new Error('away'))
  await witness.start()
  world.store.auditHead = auditHead
  await witness.tick()
  expect([alarms(), witness.head()]).toEqual([[], await head()])
})
