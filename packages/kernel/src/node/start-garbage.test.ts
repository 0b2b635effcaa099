import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { collectStartGarbage } from './start-garbage.ts'

test('what starting took is given back, and nobody else can ask for it', async () => {
  const youngBytes = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0
  let start = Array.from({ length: 200_000 }, (_, index) => ({ index }))
  const before = youngBytes()
  start = []
  collectStartGarbage()
  await sleep(2_200)
  expect(youngBytes()).toBeLessThan(before / 2)
  expect(runInNewContext('typeof gc')).toBe('undefined')
  expect(start).toEqual([])
})

test('threads that do it at the same time do not bring the process down', async () => {
  const program = `
    const { setFlagsFromString } = require('node:v8')
    for (const until = Date.now() + 2_500; Date.now() < until; ) setFlagsFromString('--no-expose-gc')`
  const other = new Worker(program, { eval: true })
  const ended = new Promise((resolve) => other.once('exit', resolve))
  for (let times = 0; times < 50; times += 1) collectStartGarbage()
  expect(await ended).toBe(0)
})
