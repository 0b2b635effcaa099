import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '@ikoma/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBelowFloor, notBefore } from '../order/grant-memory.ts'
import { recordingLogger, temporaryDirectory } from '../testing/setup.ts'
import { Journal } from './journal.ts'
import { type Intent, parseEntries } from './journal-entry.ts'

const here = { machine: 'a'.repeat(32), logger: recordingLogger() }
const report: Report = { version: 'v2', ok: true, summary: 'Terminé.', outcome: 'succeeded' }

function intent(orderId: string, attempt = 1): Intent {
  return { orderId, attempt, lease: `${orderId}-${attempt}`, type: 'shell.run', retryClass: 'once', at: 1 }
}

async function setup() {
  const path = join(await temporaryDirectory(), 'journal.ndjson')
  return { path, journal: await Journal.open(path, here) }
}

async function fill(journal: Journal) {
  await journal.recordIntent(intent('acknowledged'))
  await journal.recordResult({ ...intent('acknowledged'), report })
  await journal.recordAck('acknowledged-1')
  await journal.recordIntent(intent('untold'))
  await journal.recordResult({ ...intent('untold'), report })
  await journal.recordIntent(intent('cut off'))
}

describe('the journal', () => {
  it('knows after a restart what was cut off, what is untold and what was executed', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    const again = await Journal.open(path, here)
    expect(again.interrupted).toEqual([intent('cut off')])
    expect(again.undelivered).toMatchObject([{ orderId: 'untold', attempt: 1, lease: 'untold-1', report }])
    for (const orderId of ['acknowledged', 'untold', 'cut off']) expect(again.has(orderId, 1)).toBe(true)
    expect(again.has('acknowledged', 2)).toBe(false)
    await again.close()
  })

  it('keeps every whole entry when it is torn at any byte', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    const text = await readFile(path, 'latin1')
    for (let length = 0; length <= text.length; length++) {
      const torn = text.slice(0, length)
      expect(parseEntries(path, torn)).toHaveLength(torn.split('\n').length - 1)
    }
  })

  it('recovers from a tear anywhere, and can be written again (property)', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    const bytes = await readFile(path)
    let latest = Promise.resolve()
    const recovers = async (length: number) => {
      const torn = bytes.subarray(0, length)
      await writeFile(path, torn)
      const whole = torn.toString('latin1').split('\n').length - 1
      const again = await Journal.open(path, here)
      const known = ['acknowledged', 'untold', 'cut off'].map((orderId) => again.has(orderId, 1))
      // The first line is the head.
      expect(known).toEqual([whole >= 2, whole >= 5, whole >= 7])
      expect(again.interrupted.length + again.undelivered.length).toBe([0, 0, 1, 1, 0, 1, 1, 2][whole])
      await again.recordIntent(intent('next'))
      await again.close()
      const last = await Journal.open(path, here)
      expect(last.interrupted).toContainEqual(intent('next'))
      await last.close()
    }
    const property = fc.asyncProperty(fc.nat(bytes.length), (length) => {
      latest = recovers(length)
      return latest
    })
    await fc.assert(property, { numRuns: 60 })
    // One that the time limit interrupts goes on, with the journal open.
    await latest
  })

  it('drops a last line of which only the length reached the disk', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    await writeFile(path, `${await readFile(path, 'utf8')}${'\0'.repeat(20)}\n`)
    const again = await Journal.open(path, here)
    expect(again.interrupted).toHaveLength(1)
    await again.close()
  })

  it('refuses a journal that is damaged in the middle', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    await writeFile(path, (await readFile(path, 'utf8')).replace('"INTENT"', '"INTENX"'))
    await expect(Journal.open(path, here)).rejects.toMatchObject({
      reason: 'journal_damaged',
      message: expect.stringContaining('line 2'),
    })
  })

  it('stays small however many orders are executed, and keeps what matters', async () => {
    const path = join(await temporaryDirectory(), 'journal.ndjson')
    const journal = await Journal.open(path, { ...here, maxBytes: 4_000 })
    await journal.recordIntent(intent('cut off'))
    for (let number = 0; number < 60; number++) {
      const one = intent(`order ${number}`)
      await journal.recordIntent(one)
      await journal.recordResult({ ...one, report })
      await journal.recordAck(one.lease)
    }
    await journal.close()
    expect((await stat(path)).size).toBeLessThan(60 * 300)
    const again = await Journal.open(path, here)
    expect(again.interrupted).toEqual([intent('cut off')])
    expect(again.has('order 0', 1) && again.has('order 59', 1)).toBe(true)
    await again.close()
  })

  it('is not written anew for each order when little of it can be dropped', async () => {
    const path = join(await temporaryDirectory(), 'journal.ndjson')
    const journal = await Journal.open(path, { ...here, maxBytes: 1_000 })
    let [file, anew] = [(await stat(path)).ino, 0]
    for (let number = 0; number < 60; number++) {
      await journal.recordIntent(intent(`order ${number}`))
      const { ino } = await stat(path)
      if (ino !== file) anew += 1
      file = ino
    }
    expect(anew).toBeLessThan(10)
    await journal.close()
  })

  it('remembers 20,000 orders, and takes older ones for executed', async () => {
    const path = join(await temporaryDirectory(), 'journal.ndjson')
    // Every second one, so that what was never executed lies between them.
    const id = (n: number) => `o${String(2 * n).padStart(5, '0')}`
    const between = 'o39001'
    const lines = Array.from({ length: 20_001 }, (_, n) => ({ kind: 'DONE', orderId: id(n), attempt: 1 }))
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const journal = await Journal.open(path, here)
    expect([journal.has(id(0), 1), journal.has(id(20_000), 1), journal.has(id(20_001), 1)]).toEqual([true, true, false])
    expect(journal.has(between, 1)).toBe(false)
    await journal.close()
    expect((await stat(path)).size).toBeLessThan(20_001 * 60)
    const again = await Journal.open(path, here)
    expect([again.has(id(0), 1), again.has(id(20_001), 1)]).toEqual([true, false])
    await again.close()
  })

  it('knows an attempt before its intent is on disk, so that a twin claim cannot slip through', async () => {
    const { journal } = await setup()
    const written = journal.recordIntent(intent('twin'))
    expect(journal.has('twin', 1)).toBe(true)
    await written
    await journal.close()
  })

  it('that cannot be opened leaves no file open', async () => {
    // Too long for the name of the file that would take its place, though not for the reserve.
    const path = join(await temporaryDirectory(), 'j'.repeat(240))
    await writeFile(`${path}.reserve`, '')
    const open = () => readdir('/proc/self/fd').then(({ length }) => length)
    const before = await open()
    await expect(Journal.open(path, here)).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
    expect(await open()).toBe(before)
  })

  it('takes nothing more once a write has failed', async () => {
    const { journal } = await setup()
    await journal.close()
    await expect(journal.recordIntent(intent('a'))).rejects.toMatchObject({ reason: 'journal_unwritable' })
    await expect(journal.recordAck('a')).rejects.toMatchObject({ reason: 'journal_unwritable' })
  })
})

describe('a journal of another machine', () => {
  it.each([
    ['another', 'b'.repeat(32)],
    ['one without an identity', null],
  ])('is set aside on %s: nothing of it is told, and none of it is run again', async (_what, machine) => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    const logger = recordingLogger()
    const copied = await Journal.open(path, { machine, logger })
    expect([copied.interrupted, copied.undelivered]).toEqual([[], []])
    for (const orderId of ['acknowledged', 'untold', 'cut off']) expect(copied.has(orderId, 1)).toBe(true)
    expect(logger.entries).toMatchObject([{ level: 'warn', fields: { running: 1, untold: 1 } }])
    expect(await readFile(String(logger.entries[0]?.fields.kept), 'utf8')).toContain('"cut off"')
    await copied.close()
    const again = await Journal.open(path, { machine, logger })
    expect(logger.entries).toHaveLength(1)
    expect(again.interrupted).toEqual([])
    await again.close()
  })

  it('is not what a former version wrote: that is this machine’s', async () => {
    const { path, journal } = await setup()
    await journal.close()
    await writeFile(path, `${JSON.stringify({ kind: 'INTENT', ...intent('cut off') })}\n`)
    const again = await Journal.open(path, here)
    expect(again.interrupted).toEqual([intent('cut off')])
    await again.close()
  })
})

describe('what was executed', () => {
  const noon = Date.UTC(2026, 0, 15, 12)
  const [hour, day] = [3_600_000, 86_400_000]
  const at = (orderId: string, issuedAt: number, until: number | null, attempt = 1): Intent => {
    return { ...intent(orderId, attempt), issuedAt, until, auditHead: { seq: attempt, hash: orderId } }
  }
  async function executed(...intents: Intent[]) {
    const { path, journal } = await setup()
    for (const each of intents) {
      await journal.recordIntent(each)
      await journal.recordResult({ ...each, report })
      await journal.recordAck(each.lease)
    }
    await journal.close()
    return Journal.open(path, here)
  }

  it('is remembered until its order expires, by the time that was signed, and for ever when it never does', async () => {
    const last = at('last', noon + 2 * day, noon + 9 * day)
    const journal = await executed(
      at('day', noon, noon + day),
      at('week', noon, noon + 7 * day),
      at('endless', noon, null),
      last,
    )
    const known = ['day', 'week', 'endless', 'last'].map((orderId) => journal.has(orderId, 1))
    expect(known).toEqual([false, true, true, true])
    // What was forgotten has expired: however far the clock is set back, it is not earlier than this.
    expect(notBefore(journal.newest, { issuedAt: noon, auditHead: null })).toBeGreaterThan(noon + day)
    await journal.close()
  })

  it('is remembered until the later of the times that its attempts had', async () => {
    const last = at('last', noon + 2 * day, noon + 9 * day)
    const journal = await executed(
      ...[at('long', noon, noon + 7 * day), at('long', noon, noon + day, 2)],
      ...[at('short', noon, noon + hour), at('short', noon, noon + day, 2)],
      ...[at('endless', noon, null), at('endless', noon, noon + day, 2)],
      last,
    )
    expect(['long', 'short', 'endless'].map((orderId) => journal.has(orderId, 1))).toEqual([true, false, true])
    await journal.close()
  })

  it('is not run again under the same or a lower attempt, nor in another case', async () => {
    const journal = await executed(at('order', noon, noon + hour, 2))
    const known = [1, 2, 3].map((attempt) => journal.has('order', attempt))
    expect([...known, journal.has('ORDER', 2)]).toEqual([true, true, false, true])
    expect(journal.auditHead).toEqual({ seq: 2, hash: 'order' })
    await journal.close()
  })

  it('by a clock that was years ahead binds no grant that the audit shows to be later, also after a restart', async () => {
    const signed = (seq: number, issuedAt: number) => ({ issuedAt, auditHead: { seq, hash: 'h' } })
    const intentOf = (id: string, seq: number, issuedAt: number) => ({
      ...{ ...intent(id), until: issuedAt + day },
      ...signed(seq, issuedAt),
    })
    const ahead = await executed(intentOf('before', 1, noon), intentOf('ahead', 3, noon + 400 * day))
    expect(notBefore(ahead.newest, signed(3, noon))).toBeGreaterThan(noon + 399 * day)
    expect(notBefore(ahead.newest, signed(4, noon))).toBeLessThan(noon)
    await ahead.close()
    const righted = await executed(intentOf('ahead', 3, noon + 400 * day), intentOf('after', 4, noon + hour))
    expect(righted.newest).toEqual({ issuedAt: noon + hour, seq: 4, floorSeq: 3 })
    expect(isBelowFloor(righted.newest, signed(3, noon))).toBe(true)
    await righted.close()
  })

  it('is no grant of a database that was put back, once it is forgotten, however often the runner is restarted', async () => {
    const signed = (seq: number, issuedAt: number) => ({ issuedAt, auditHead: { seq, hash: 'h' } })
    const intentOf = (id: string, seq: number, issuedAt: number) => ({
      ...{ ...intent(id), until: issuedAt + hour },
      ...signed(seq, issuedAt),
    })
    // The audit was at 100, and is at 81 once the database of the day before is there.
    const { path, journal } = await setup()
    const given = [intentOf('spent', 95, noon), intentOf('last', 100, noon), intentOf('put back', 81, noon + day)]
    for (const each of given) {
      await journal.recordIntent(each)
      await journal.recordResult({ ...each, report })
      await journal.recordAck(each.lease)
    }
    await journal.close()
    await (await Journal.open(path, here)).close()
    const again = await Journal.open(path, here)
    expect(again.has('spent', 1)).toBe(false)
    expect(again.auditHead).toMatchObject({ seq: 81 })
    expect(again.newest).toMatchObject({ issuedAt: noon + day, seq: 100 })
    // Here a clock that is set back to noon would have it done a second time.
    expect(notBefore(again.newest, signed(95, noon))).toBeGreaterThan(noon + hour)
    await again.close()
  })
})
