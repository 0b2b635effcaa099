import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiError, type LogChunkBody, UnreachableError } from '@ikoma/api'
import { systemClock } from '@ikoma/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Comeback } from '../protocol/comeback.ts'
import { recordingLogger, until } from '../testing/setup.ts'
import { LogOutbox, type LogOutboxDeps } from './log-outbox.ts'

const hold = { orderId: 'order', lease: 'lease' }

function setup(more: Partial<LogOutboxDeps> = {}) {
  const folder = join(mkdtempSync(join(tmpdir(), 'ikoma-logs-')), 'logs')
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true }))
  const answers: (number | null)[] = []
  const stored = new Map<number, string[]>()
  const open = (own: Partial<LogOutboxDeps> = {}) => {
    const outbox = new LogOutbox({
      folder,
      async send(_hold, { seq, lines }) {
        const status = answers.shift()
        if (status === null) throw new UnreachableError('http://x', null)
        const problem = { type: '', title: '', status: 0, detail: 'no', reason: 'test', requestId: '' }
        if (status !== undefined) throw new ApiError(status, problem)
        if (!stored.has(seq)) {
          const texts = lines.map(({ text }) => text)
          stored.set(seq, texts)
        }
        return { truncated: false }
      },
      clock: systemClock,
      logger: recordingLogger(),
      backoff: { baseMs: 5, capMs: 10 },
      ...more,
      ...own,
    })
    onTestFinished(() => outbox.close())
    return outbox
  }
  const files = () => readdirSync(folder)
  const texts = () => [...stored].sort(([a], [b]) => a - b).flatMap(([, each]) => each)
  return { open, answers, stored, texts, files, folder }
}

function chunk(seq: number, ...texts: string[]): LogChunkBody {
  return { seq, lines: texts.map((text) => ({ at: 1, stream: 'stdout', text })) }
}

describe('the end of a log that the control plane was not there to take', () => {
  it('is told again and again until it is taken, each chunk once, and then forgotten', async () => {
    const { open, answers, texts, files } = setup()
    const outbox = open()
    await outbox.keep(hold, [chunk(3, 'a', 'b'), chunk(4, 'the error')])
    answers.push(null, 503, 500)
    await outbox.deliver(hold)
    await until(() => files().length === 0)
    expect(texts()).toEqual(['a', 'b', 'the error'])
  })

  it('is told at once when the control plane is back, however long it would have waited', async () => {
    const comeback = new Comeback()
    const { open, answers, texts, files } = setup({ comeback, backoff: { baseMs: 36_000_000, capMs: 36_000_000 } })
    const outbox = open()
    await outbox.keep(hold, [chunk(1, 'the error')])
    answers.push(null, null)
    await outbox.deliver(hold)
    await until(() => answers.length === 0)
    comeback.cameBack()
    await until(() => files().length === 0)
    expect(texts()).toEqual(['the error'])
  })

  it('outlives the process', async () => {
    const { open, answers, texts, files } = setup()
    const first = open()
    await first.keep(hold, [chunk(3, 'a')])
    answers.push(null, null)
    await first.deliver(hold)
    await first.close()
    expect(files()).toHaveLength(1)
    answers.length = 0
    await open().start()
    await until(() => files().length === 0)
    expect(texts()).toEqual(['a'])
  })

  it('is forgotten when its claim is over, and when no process of ours wrote it', async () => {
    const { open, answers, texts, files, folder } = setup()
    const outbox = open()
    await outbox.keep(hold, [chunk(3, 'a')])
    answers.push(409)
    await outbox.deliver(hold)
    expect([texts(), files()]).toEqual([[], []])
    writeFileSync(join(folder, 'torn.json'), '{"orderId":"x","le')
    await open().start()
    await until(() => files().length === 0)
  })

  it('says how many lines are missing before what there is room for, and how many were refused', async () => {
    const { open, answers, texts } = setup({ maxBytes: 100, maxMemoryBytes: 100 })
    const outbox = open()
    await outbox.keep(hold, [chunk(3, 'a', 'b'), chunk(4, 'c'.repeat(20)), chunk(5, 'the error')])
    answers.push(undefined as never, 400)
    await outbox.deliver(hold)
    const why = 'there was no room for them here while the control plane was away'
    expect(texts()).toEqual([`[3 lines are missing: ${why}]`, '[1 line is missing: the control plane refused them]'])
  })

  it('is kept in memory, as much as that takes, when the disk takes nothing', async () => {
    const { open, texts, folder } = setup({ maxMemoryBytes: 100 })
    writeFileSync(folder, 'not a folder')
    const outbox = open()
    await outbox.keep(hold, [chunk(3, 'a', 'b'), chunk(4, 'the error')])
    await outbox.deliver(hold)
    expect(texts().at(-1)).toBe('the error')
    expect(texts()[0]).toContain('2 lines are missing')
  })
})
