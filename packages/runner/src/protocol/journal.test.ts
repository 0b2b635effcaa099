import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '@ikoma/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../testing/setup.ts'
import { Journal } from './journal.ts'
import { type Intent, parseEntries } from './journal-entry.ts'

const report: Report = { version: 'v2', ok: true, summary: 'Terminé.', outcome: 'succeeded' }

function intent(orderId: string, attempt = 1): Intent {
  return { orderId, attempt, lease: `${orderId}-${attempt}`, type: 'shell.run', retryClass: 'once', at: 1 }
}

async function setup() {
  const path = join(await temporaryDirectory(), 'journal.ndjson')
  return { path, journal: await Journal.open(path) }
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
    const again = await Journal.open(path)
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
    const property = fc.asyncProperty(fc.nat(bytes.length), async (length) => {
      const torn = bytes.subarray(0, length)
      await writeFile(path, torn)
      const whole = torn.toString('latin1').split('\n').length - 1
      const again = await Journal.open(path)
      const known = ['acknowledged', 'untold', 'cut off'].map((orderId) => again.has(orderId, 1))
      expect(known).toEqual([whole >= 1, whole >= 4, whole >= 6])
      expect(again.interrupted.length + again.undelivered.length).toBe([0, 1, 1, 0, 1, 1, 2][whole])
      await again.recordIntent(intent('next'))
      await again.close()
      const last = await Journal.open(path)
      expect(last.interrupted).toContainEqual(intent('next'))
      await last.close()
    })
    await fc.assert(property, { numRuns: 60 })
  })

  it('drops a last line of which only the length reached the disk', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    await writeFile(path, `${await readFile(path, 'utf8')}${'\0'.repeat(20)}\n`)
    const again = await Journal.open(path)
    expect(again.interrupted).toHaveLength(1)
    await again.close()
  })

  it('refuses a journal that is damaged in the middle', async () => {
    const { path, journal } = await setup()
    await fill(journal)
    await journal.close()
    await writeFile(path, (await readFile(path, 'utf8')).replace('"INTENT"', '"INTENX"'))
    await expect(Journal.open(path)).rejects.toMatchObject({ reason: 'journal_damaged' })
  })

  it('stays small however many orders are executed, and keeps what matters', async () => {
    const path = join(await temporaryDirectory(), 'journal.ndjson')
    const journal = await Journal.open(path, 4_000)
    await journal.recordIntent(intent('cut off'))
    for (let number = 0; number < 60; number++) {
      const one = intent(`order ${number}`)
      await journal.recordIntent(one)
      await journal.recordResult({ ...one, report })
      await journal.recordAck(one.lease)
    }
    await journal.close()
    expect((await stat(path)).size).toBeLessThan(60 * 300)
    const again = await Journal.open(path)
    expect(again.interrupted).toEqual([intent('cut off')])
    expect(again.has('order 0', 1) && again.has('order 59', 1)).toBe(true)
    await again.close()
  })

  it('remembers the last 10,000 attempts', async () => {
    const path = join(await temporaryDirectory(), 'journal.ndjson')
    const lines = Array.from({ length: 10_005 }, (_, number) => ({ kind: 'DONE', orderId: `o${number}`, attempt: 1 }))
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const journal = await Journal.open(path)
    expect([journal.has('o4', 1), journal.has('o5', 1), journal.has('o10004', 1)]).toEqual([false, true, true])
    await journal.close()
  })

  it('knows an attempt before its intent is on disk, so that a twin claim cannot slip through', async () => {
    const { journal } = await setup()
    const written = journal.recordIntent(intent('twin'))
    expect(journal.has('twin', 1)).toBe(true)
    await written
    await journal.close()
  })

  it('takes nothing more once a write has failed', async () => {
    const { journal } = await setup()
    await journal.close()
    await expect(journal.recordIntent(intent('a'))).rejects.toMatchObject({ reason: 'journal_unwritable' })
    await expect(journal.recordAck('a')).rejects.toMatchObject({ reason: 'journal_unwritable' })
  })
})
