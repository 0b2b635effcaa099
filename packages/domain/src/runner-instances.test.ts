import { describe, expect, test } from 'vitest'
import { runnerOfflineAfterMs } from './runner.ts'
import {
  clonesOf,
  type Instances,
  isNewcomer,
  mergedInstances,
  nobodySeen,
  settledAt,
  settleMs,
  withSighting,
} from './runner-instances.ts'

const second = 1_000
/** `a1` is machine a, its first start. */
const who = (name: string, over = false) => ({ machine: name[0] ?? '', boot: name, from: '192.0.2.1', over })

function seen(...events: [name: string, at: number, over?: boolean][]): Instances {
  return events.reduce((known, [name, at, over]) => withSighting(known, who(name, over), at), nobodySeen)
}
const clones = (known: Instances, now: number) => clonesOf(known, now).map(({ boot }) => boot)

describe('two under one name', () => {
  test('are noticed once the one that was there before is heard again', () => {
    const both = seen(['a1', 0], ['b1', 10 * second], ['a1', 30 * second])
    expect(clones(both, 30 * second)).toEqual(['b1', 'a1'])
  })

  test('are noticed although they call themselves the same machine', () => {
    expect(clones(seen(['a1', 0], ['a2', 10 * second], ['a1', 30 * second]), 30 * second)).toEqual(['a2', 'a1'])
  })

  test('are no longer two when one is silent for as long as makes a runner offline', () => {
    const both = seen(['a1', 0], ['b1', 10 * second], ['a1', 30 * second])
    const after = [40, 70, 85].reduce((known, at) => withSighting(known, who('a1'), at * second), both)
    expect(clones(after, 10 * second + runnerOfflineAfterMs)).toHaveLength(2)
    expect(clones(after, 10 * second + runnerOfflineAfterMs + 1)).toEqual([])
    // And are again when it comes back.
    const back = withSighting(withSighting(after, who('b1'), 90 * second), who('a1'), 94 * second)
    expect(clones(back, 94 * second)).toHaveLength(2)
  })

  test('are known from what two processes saw, each one of them', () => {
    const [one, other] = [seen(['a1', 0], ['a1', 30 * second]), seen(['b1', 10 * second], ['b1', 40 * second])]
    expect(clones(one, 40 * second)).toEqual([])
    expect(clones(mergedInstances(one, other), 40 * second)).toHaveLength(2)
    expect(clones(mergedInstances(other, one), 40 * second)).toHaveLength(2)
  })
})

describe('one after the other', () => {
  test.each<[string, [string, number, boolean?][]]>([
    [
      'a restart',
      [
        ['a1', 0],
        ['a1', 10_000, true],
        ['a2', 11_000],
        ['a2', 40_000],
      ],
    ],
    [
      'a restart after a crash',
      [
        ['a1', 0],
        ['a1', 10_000],
        ['a2', 11_000],
        ['a2', 40_000],
      ],
    ],
    [
      'a disk in another machine',
      [
        ['a1', 0],
        ['b1', 60_000],
        ['b1', 90_000],
      ],
    ],
    [
      'requests that were still on their way',
      [
        ['a1', 0],
        ['a2', 10_000],
        ['a1', 10_000 + settleMs],
        ['a2', 20_000],
      ],
    ],
    [
      'five restarts',
      [
        ['a1', 0],
        ['a2', 1_000],
        ['a3', 2_000],
        ['a4', 3_000],
        ['a5', 4_000],
        ['a5', 30_000],
      ],
    ],
  ])('is no clone: %s', (_, events) => {
    expect(clones(seen(...events), events.at(-1)?.[1] ?? 0)).toEqual([])
  })

  test('the later one waits until the former would have been heard, unless that said goodbye', () => {
    const crashed = seen(['a1', 0], ['a2', 10_000])
    expect(settledAt(crashed, 10_000)).toBe(10_000 + settleMs)
    expect([isNewcomer(crashed, who('a2'), 10_000), isNewcomer(crashed, who('a1'), 10_000)]).toEqual([true, false])
    expect(settledAt(seen(['a1', 0, true], ['a2', 10_000]), 10_000)).toBe(0)
    expect(settledAt(seen(['a1', 0], ['a2', runnerOfflineAfterMs + 1]), runnerOfflineAfterMs + 1)).toBe(0)
  })

  test('a goodbye that was merged with older news stays one', () => {
    const told = seen(['a1', 0], ['a1', 10_000, true])
    expect(mergedInstances(told, seen(['a1', 0], ['a1', 9_000])).sightings[0]?.over).toBe(true)
    expect(mergedInstances(seen(['a1', 0], ['a1', 10_000]), told).sightings[0]?.over).toBe(true)
  })

  test('of many starts the last eight are kept', () => {
    const many = Array.from({ length: 50 }, (_, n): [string, number] => [`a${n}`, n])
    expect(seen(...many).sightings).toHaveLength(8)
  })
})
