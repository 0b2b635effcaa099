import { type LogChunk, type LogCursor, maxLogBytes, type Store } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { noon } from '../testing/fixtures.ts'
import { type OpenStore, place, setup, times } from './world.ts'

export function describeLogs(open: OpenStore): void {
  describe('logs', () => {
    it('come back in order of attempt and seq, however they arrived', async () => {
      const { store, reopen } = await setup(open)
      const { id } = await place(store)
      const chunks = [chunk(2, 0), chunk(1, 10), chunk(1, 2), chunk(1, 1, '🚚 é \u0000 \u001b[31m')]
      for (const each of chunks) expect(await store.appendLog(id, each, noon)).toEqual({ truncated: false })
      const sorted = chunks.toReversed()
      expect(await store.listLog(id, null, 100)).toEqual(sorted)
      expect(await (await reopen()).listLog(id, null, 100)).toEqual(sorted)
    })

    it('belong to their order', async () => {
      const { store } = await setup(open)
      const [one, other] = [await place(store), await place(store)]
      await store.appendLog(one.id, chunk(1, 1, 'one'), noon)
      await store.appendLog(other.id, chunk(1, 1, 'other'), noon)
      expect(await store.listLog(one.id, null, 100)).toEqual([chunk(1, 1, 'one')])
      expect(await store.listLog('nothing', null, 100)).toEqual([])
    })

    it('keep the first of a chunk that is sent twice', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      await store.appendLog(id, chunk(1, 1, 'first'), noon)
      const repeats = times(20, () => store.appendLog(id, chunk(1, 1, 'again'), noon))
      expect(await Promise.all(repeats)).toEqual(times(20, () => ({ truncated: false })))
      expect(await store.listLog(id, null, 100)).toEqual([chunk(1, 1, 'first')])
    })

    it('are read on from a cursor without a gap or a repeat', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const chunks = [1, 2].flatMap((attempt) => times(12, (seq) => chunk(attempt, seq)))
      for (const each of chunks) await store.appendLog(id, each, noon)
      expect(await readOn(store, id, 5)).toEqual(chunks)
      expect(await store.listLog(id, { attempt: 2, seq: 11 }, 5)).toEqual([])
      expect(await store.listLog(id, { attempt: 1, seq: 999 }, 1)).toEqual([chunk(2, 0)])
    })

    it('drop what exceeds their bound and say so, but know a chunk they already have', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const big = 'x'.repeat(maxLogBytes / 4)
      for (const seq of [1, 2, 3])
        expect(await store.appendLog(id, chunk(1, seq, big), noon)).toEqual({ truncated: false })
      expect(await store.appendLog(id, chunk(1, 4, big), noon)).toEqual({ truncated: true })
      expect(await store.appendLog(id, chunk(1, 3, big), noon), 'its reply was lost').toEqual({ truncated: false })
      const kept = await store.listLog(id, null, 100)
      expect(kept.map(({ seq }) => seq)).toEqual([1, 2, 3])
    })

    it('leave room for the words of the runner, which say how much is missing', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const own = (seq: number, text: string): LogChunk => ({
        attempt: 1,
        seq,
        lines: [{ at: noon, stream: 'runner', text }],
      })
      await store.appendLog(id, chunk(1, 1, 'x'.repeat(maxLogBytes - 100)), noon)
      expect(await store.appendLog(id, chunk(1, 2, 'y'.repeat(300)), noon)).toEqual({ truncated: true })
      expect(await store.appendLog(id, own(3, '[1 line is missing]'), noon)).toEqual({ truncated: false })
      expect(await store.appendLog(id, own(4, 'z'.repeat(9_000)), noon)).toEqual({ truncated: true })
      expect((await store.listLog(id, null, 9)).map(({ seq }) => seq)).toEqual([1, 3])
    })

    it('count bytes, not letters, against their bound', async () => {
      const { store } = await setup(open)
      const { id } = await place(store)
      const text = '日'.repeat(maxLogBytes / 3)
      expect(await store.appendLog(id, chunk(1, 1, text), noon)).toEqual({ truncated: true })
      expect(await store.listLog(id, null, 100)).toEqual([])
    })

    it('of one order are bounded without touching another', async () => {
      const { store } = await setup(open)
      const [full, other] = [await place(store), await place(store)]
      await store.appendLog(full.id, chunk(1, 1, 'x'.repeat(maxLogBytes - 200)), noon)
      expect(await store.appendLog(full.id, chunk(1, 2, 'y'.repeat(300)), noon)).toEqual({ truncated: true })
      expect(await store.appendLog(other.id, chunk(1, 1), noon)).toEqual({ truncated: false })
    })
  })
}

function chunk(attempt: number, seq: number, text = `${attempt}.${seq}`): LogChunk {
  return { attempt, seq, lines: [{ at: noon, stream: 'stdout', text }] }
}

async function readOn(store: Store, id: string, limit: number): Promise<LogChunk[]> {
  const all: LogChunk[] = []
  let after: LogCursor | null = null
  for (;;) {
    const page: LogChunk[] = await store.listLog(id, after, limit)
    const last = page.at(-1)
    if (!last) return all
    expect(page.length).toBeLessThanOrEqual(limit)
    all.push(...page)
    after = { attempt: last.attempt, seq: last.seq }
  }
}
