import { once } from 'node:events'
import { getHeapSpaceStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { collectAll, collectStartGarbage } from './start-garbage.ts'

afterEach(() => void vi.useRealTimers())

test('what starting took is given back, soon, and nobody else can ask for it', () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const youngBytes = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0
  let start = Array.from({ length: 200_000 }, (_, index) => ({ index }))
  const before = youngBytes()
  start = []
  collectStartGarbage()
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(2_000)
  expect(youngBytes()).toBeLessThan(before / 2)
  expect(runInNewContext('typeof gc')).toBe('undefined')
  expect(start).toEqual([])
})

test('threads that do it at the same time do not bring the process down', async () => {
  const program = `
    const { setFlagsFromString } = require('node:v8')
    const { parentPort, workerData } = require('node:worker_threads')
    parentPort.postMessage('begun')
    while (Atomics.load(workerData, 0) === 0) setFlagsFromString('--no-expose-gc')`
  const over = new Int32Array(new SharedArrayBuffer(4))
  const other = new Worker(program, { eval: true, workerData: over })
  await once(other, 'message')
  const ended = once(other, 'exit')
  for (let times = 0; times < 200; times += 1) collectAll()
  collectAll()?.()
  Atomics.store(over, 0, 1)
  expect(await ended).toEqual([0])
})
