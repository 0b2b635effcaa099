import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
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
