import { Readable } from 'node:stream'
import { ApiError, type LogChunkBody, logChunkBody, UnreachableError } from '@ikoma/api'
import { systemClock } from '@ikoma/kernel'
import { describe, expect, it } from 'vitest'
import { recordingLogger, until } from '../testing/setup.ts'
import { LogStream, type LogStreamDeps } from './log-stream.ts'
import { Redaction } from './redact.ts'

function setup(more: Partial<LogStreamDeps> = {}) {
  const chunks: LogChunkBody[] = []
  const stop = new AbortController()
  const logs = new LogStream({
    async send(chunk) {
      chunks.push(logChunkBody.parse(chunk))
      return { truncated: false }
    },
    redaction: new Redaction(['topsecret']),
    clock: systemClock,
    logger: recordingLogger(),
    signal: stop.signal,
    backoff: { baseMs: 5, capMs: 20 },
    ...more,
  })
  const texts = () => chunks.flatMap(({ lines }) => lines.map(({ text }) => text))
  return { logs, chunks, texts, stop }
}

function refusal(status: number): ApiError {
  return new ApiError(status, { type: '', title: '', status, detail: 'no', reason: 'test', requestId: '' })
}

describe('a log stream', () => {
  it('sends lines in order, numbered, redacted and in few requests', async () => {
    const { logs, chunks, texts } = setup()
    logs.line('begins')
    await logs.pump(Readable.from([Buffer.from('one\r\ntwo topse'), Buffer.from('cret\nthree')]), 'stdout')
    await logs.close(1_000)
    expect(texts()).toEqual(['begins', 'one', 'two [REDACTED]', 'three'])
    expect(chunks.map(({ seq }) => seq)).toEqual([0])
  })

  it('survives output that is not UTF-8, has NULs, or is cut inside a character', async () => {
    const { logs, texts } = setup()
    const euro = Buffer.from('€')
    await logs.pump(Readable.from([euro.subarray(0, 2), euro.subarray(2), Buffer.from([0xff, 0, 10])]), 'stderr')
    await logs.close(1_000)
    expect(texts()).toEqual(['€\uFFFD\uFFFD'])
  })

  it('sends no more than its bound, says so, and reads a huge line without a break to its end', async () => {
    const { logs, chunks, texts } = setup({ maxBytes: 200_000 })
    const block = Buffer.alloc(64 * 1024, 'x')
    const endless = Readable.from(
      (function* () {
        for (let count = 0; count < 800; count++) yield block
      })(),
    )
    const tail = await logs.pump(endless, 'stdout')
    await logs.close(1_000)
    expect(tail).toHaveLength(16 * 1024)
    expect(texts().at(-2)).toContain('truncated')
    expect(texts().at(-1)).toMatch(/^\[\d+ lines are missing: the log of one attempt is full\]$/)
    expect(texts().join('').length).toBeLessThan(201_000)
    expect(Math.max(...texts().map((text) => text.length))).toBe(8 * 1024)
    expect(Math.max(...chunks.map(({ lines }) => lines.length))).toBeLessThanOrEqual(9)
  })

  it('keeps room for the own words of the runner when a program has filled the log', async () => {
    const { logs, texts } = setup({ maxBytes: 200_000 })
    await logs.pump(Readable.from([Buffer.from(`${'x'.repeat(7_000)}\n`.repeat(100))]), 'stdout')
    logs.line('Could not be taken back: install a package')
    await logs.pump(Readable.from([Buffer.from('more\n')]), 'stdout')
    for (let line = 0; line < 100; line += 1) logs.line('y'.repeat(7_000))
    await logs.close(1_000)
    expect(texts().at(-2)).toBe('y'.repeat(7_000))
    const kept = texts().filter((text) => /^[xy]+$/.test(text)).length
    expect(texts().filter((text) => !/^[xy]+$/.test(text))).toEqual([
      '[output truncated: the log of one attempt is full]',
      'Could not be taken back: install a package',
      `[${201 - kept} lines are missing: the log of one attempt is full]`,
    ])
    expect(texts().join('').length).toBeLessThan(201_000)
  })

  it('keeps the own words of the runner after a stop, however much is waiting', async () => {
    const gate = Promise.withResolvers<void>()
    const sent: string[] = []
    const { logs, stop } = setup({
      async send({ lines }) {
        await gate.promise
        sent.push(...lines.map(({ text }) => text))
        return { truncated: false }
      },
    })
    stop.abort()
    const flood = () => logs.pump(Readable.from([Buffer.from(`${'x'.repeat(8_000)}\n`.repeat(100))]), 'stdout')
    // The first chunk is on its way, and what waits is as much as before.
    await flood()
    await flood()
    logs.line('Could not be taken back: install a package')
    gate.resolve()
    await logs.close(1_000)
    expect(sent).toContain('Could not be taken back: install a package')
  })

  it('makes a program wait when the control plane does not take its output', async () => {
    const gate = Promise.withResolvers<void>()
    const { logs, stop } = setup({ send: () => gate.promise.then(() => ({ truncated: false })) })
    let produced = 0
    const source = Readable.from(
      (function* () {
        for (; produced < 1_000; produced++) yield Buffer.from(`${'y'.repeat(8_000)}\n`)
      })(),
    )
    const pumped = logs.pump(source, 'stdout')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(produced).toBeLessThan(100)
    stop.abort()
    await pumped
    gate.resolve()
    await logs.close(100)
  })

  it('makes no program wait for a control plane that is away, and sends it all when it is back', async () => {
    let away = true
    const received: string[] = []
    const { logs } = setup({
      async send({ lines }) {
        if (away) throw new UnreachableError('http://x', null)
        received.push(...lines.map(({ text }) => text))
        return { truncated: false }
      },
    })
    const lines = Array.from({ length: 200 }, (_, index) => `${index}`.padEnd(4_000, '.'))
    await logs.pump(Readable.from(lines.map((line) => Buffer.from(`${line}\n`))), 'stdout')
    away = false
    await logs.close(5_000)
    expect(received).toEqual(lines)
  })

  it('sends a chunk again under its number until it arrives', async () => {
    const seen: number[] = []
    const { logs } = setup({
      async send({ seq }) {
        seen.push(seq)
        if (seen.length < 3) throw seen.length === 1 ? new UnreachableError('http://x', null) : refusal(503)
        return { truncated: false }
      },
    })
    logs.line('a')
    await until(() => seen.length === 3)
    logs.line('b')
    await logs.close(1_000)
    expect(seen).toEqual([0, 0, 0, 1])
  })

  it('falls silent when its claim is lost', async () => {
    let sent = 0
    const { logs } = setup({
      async send() {
        sent += 1
        throw refusal(409)
      },
    })
    logs.line('a')
    await until(() => sent === 1)
    logs.line('b')
    expect(await logs.close(1_000)).toEqual([])
    expect(sent).toBe(1)
  })

  it('says of an order whose log is full how many lines are missing', async () => {
    const sent: LogChunkBody[] = []
    const { logs } = setup({
      async send(chunk) {
        sent.push(chunk)
        return { truncated: true }
      },
    })
    await logs.pump(Readable.from([Buffer.from('a\nb\n')]), 'stdout')
    await until(() => sent.length === 1)
    await logs.pump(Readable.from([Buffer.from('c\nd\ne\n')]), 'stdout')
    expect(await logs.close(1_000)).toEqual([])
    const text = '[5 lines are missing: the log of this order is full]'
    expect(sent.slice(1)).toMatchObject([{ seq: 1, lines: [{ stream: 'runner', text }] }])
  })

  it('says how many lines were refused, and how many came too fast after a stop', async () => {
    const gate = Promise.withResolvers<void>()
    const sent: string[] = []
    const { logs, stop } = setup({
      async send({ seq, lines }) {
        await gate.promise
        if (seq === 0) throw refusal(400)
        sent.push(...lines.map(({ text }) => text))
        return { truncated: false }
      },
    })
    stop.abort()
    const flood = () => logs.pump(Readable.from([Buffer.from(`${'x'.repeat(8_000)}\n`.repeat(100))]), 'stdout')
    await flood()
    await flood()
    gate.resolve()
    await logs.close(1_000)
    const told = sent.filter((text) => text.includes('missing'))
    const missing = told.map((text) => Number(/\d+/.exec(text)?.[0])).reduce((sum, count) => sum + count, 0)
    expect(told).toHaveLength(2)
    expect(missing + sent.length - told.length).toBe(200)
  })

  it('gives back what did not arrive when the control plane is away as it closes, under its numbers', async () => {
    let away = false
    const { logs, texts, chunks } = setup({
      async send(chunk) {
        if (away) throw new UnreachableError('http://x', null)
        chunks.push(chunk)
        return { truncated: false }
      },
    })
    logs.line('begins')
    await until(() => chunks.length === 1)
    away = true
    const lines = Array.from({ length: 9 }, (_, index) => `line ${index}`)
    await logs.pump(Readable.from([Buffer.from(`${lines.join('\n')}\nthe error\n`)]), 'stdout')
    const left = await logs.close(5_000)
    expect(texts()).toEqual(['begins'])
    expect(left.map(({ seq }) => seq)).toEqual([1])
    expect(left.flatMap((chunk) => chunk.lines.map(({ text }) => text))).toEqual([...lines, 'the error'])
  })

  it('closes in time when nothing can be sent', async () => {
    const { logs } = setup({ send: () => Promise.reject(new UnreachableError('http://x', null)) })
    logs.line('a')
    const begunMs = performance.now()
    await logs.close(200)
    expect(performance.now() - begunMs).toBeLessThan(20_000)
  })
})
