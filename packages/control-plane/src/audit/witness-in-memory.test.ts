import type { AuditEvent, AuditHead, Store } from '@ikoma/domain'
import { auditGenesis } from '@ikoma/domain'
import { type AuditRule, auditKeyOf, linkAudit } from '@ikoma/domain/audit-chain'
import { createLog, newSigningKey } from '@ikoma/kernel/node'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { keyring } from '../keyring.ts'
import { Alarms } from '../watch/alarms.ts'
import { HeadArchive } from './archived-heads.ts'
import { type KnownHead, verifyStep } from './verification.ts'
import { AuditWitness } from './witness.ts'

const sealKey = new Uint8Array(32)
const key = auditKeyOf(sealKey)
const ours: AuditRule = { key, keyedFrom: 1, unkeyedUntil: 0 }

/** An audit in memory, which grows by `write`, with a mark of the key or without. */
function setup(rule = ours) {
  const events: AuditEvent[] = []
  const end = (): AuditHead => events.at(-1) ?? auditGenesis
  const asked = { heads: 0, pages: 0 }
  const store = {
    async auditHead() {
      asked.heads += 1
      return { seq: end().seq, hash: end().hash }
    },
    async listAudit(_filter: object, after: number, limit: number) {
      asked.pages += 1
      return events.filter(({ seq }) => seq > after).slice(0, limit)
    },
  } as unknown as Store
  const write = (count: number, mark: Uint8Array | null = key) => {
    const entry = { at: 1, actor: 'a', action: 'b', subject: 'c', data: {} }
    events.push(...linkAudit(end(), Array(count).fill(entry), mark))
  }
  const lines: string[] = []
  const log = createLog('info', { write: (line) => lines.push(line) })
  const witness = new AuditWitness({
    ...{ store, log, rule, file: null, clock: { now: () => 5 }, keyring: keyring(newSigningKey(), sealKey) },
    alarms: new Alarms({ log, registry: new Registry() }),
  })
  const verify = (heads: KnownHead[] = [], max = 5_000) =>
    verifyStep({ store, rule, heads, stopping: new AbortController().signal }, undefined, max)
  return { events, asked, write, witness, verify, alarms: () => lines.filter((line) => line.includes('"error"')) }
}

test('after a look, one more follows when the audit grew meanwhile, and none when it did not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { witness, write, asked } = setup()
  write(1)
  witness.noticed()
  await vi.advanceTimersByTimeAsync(0)
  write(1)
  for (let n = 0; n < 5; n += 1) witness.noticed()
  await vi.advanceTimersByTimeAsync(100)
  expect([witness.head()?.seq, asked.heads]).toEqual([2, 2])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked.heads).toBe(2)
})

test('ten things that one source says wrongly are told, and then what another says still is', async () => {
  const { witness, alarms } = setup()
  for (let seq = 1; seq <= 12; seq += 1) await witness.compareHead({ seq, hash: 'x' }, 'runner:a')
  expect(alarms()).toHaveLength(10)
  await witness.compareHead({ seq: 1, hash: 'x' }, 'runner:b')
  expect(alarms()).toHaveLength(11)
})

test('the first entry that must carry a mark of the key is not ours without, the one before it is', async () => {
  const { witness, write } = setup({ ...ours, keyedFrom: 2 })
  write(1, null)
  expect(await witness.signedHead()).toMatch(/^iko_head\.2\./)
  write(1, null)
  expect([await witness.look(), witness.head()?.seq]).toEqual([false, 1])
})

test('an archive that cannot be read is named, one that is not there yet holds nothing', async () => {
  const { verifyKey } = keyring(newSigningKey(), sealKey)
  const file = import.meta.filename
  expect(await new HeadArchive(file, { verifyKey }).read()).toEqual({ heads: [], unreadable: [file] })
  expect(await new HeadArchive(`${file}.none`, { verifyKey }).read()).toEqual({ heads: [], unreadable: [] })
})

test('of an audit that is empty, what is known of its first entry tells that it was emptied', async () => {
  const head: KnownHead = { seq: 1, hash: 'x', at: null, from: 'given' }
  const { verify } = setup()
  expect(await verify([head])).toMatchObject({ faults: [{ seq: 1, fault: 'truncated', head }], done: true })
  expect(await verify()).toMatchObject({ faults: [], compared: 0, done: true })
})

test('a verification goes no further than a hundred faults, and a step no further than it was to', async () => {
  const { verify, write, events, asked } = setup()
  write(1_500)
  expect(await verify([], 1_100)).toMatchObject({ reached: { seq: 1_100 }, faults: [], done: false })
  expect(await verify()).toMatchObject({ reached: { seq: 1_500 }, faults: [], compared: 1, done: true })
  for (const event of events) event.mac = ''
  asked.pages = 0
  const found = await verify()
  expect([found.faults.length, found.done, found.reached.seq, asked.pages]).toEqual([100, true, 1_000, 1])
})
