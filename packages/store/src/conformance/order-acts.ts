import type { Outcome } from '@ikoma/domain'
import fc from 'fast-check'

export type Speaker = 'holder' | 'former holder' | 'curl' | 'stranger'

/** One call to a store, in terms that mean something whatever came before it. `order` counts round the placed ones. */
export type Act =
  | {
      do: 'place'
      /** Idempotent, once, or once with approval. */
      type: 0 | 1 | 2
      maxAttempts: number
      key: 'a' | 'b' | null
      delayMs: number
      lifeMs: number | null
      priority: number
    }
  | { do: 'claim'; runner: number; max: number }
  | { do: 'start'; order: number; by: Speaker }
  | { do: 'heartbeat'; order: number; by: Speaker }
  | { do: 'complete'; order: number; by: Speaker; outcome: Outcome; retryable: boolean; digest: string }
  | { do: 'cancel'; order: number }
  | { do: 'approve'; order: number }
  | { do: 'reject'; order: number }
  | { do: 'settle'; order: number; verdict: 'succeeded' | 'failed' }
  | { do: 'wait'; ms: number }
  | { do: 'sweep'; holdLeases: boolean }
  | { do: 'release' }
  | { do: 'prune'; keepMs: number }

const order = fc.nat({ max: 5 })
const by = mostly<Speaker>('holder', 'former holder', 'curl', 'stranger')

const place = fc.record({
  do: fc.constant('place' as const),
  type: fc.constantFrom(0, 0, 1, 2),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  key: fc.constantFrom(null, 'a', 'a', 'b'),
  delayMs: mostly(0, 700, 3000),
  lifeMs: fc.constantFrom(null, null, 2500),
  priority: mostly(0, 5, -5),
})
const claim = fc.record({
  do: fc.constant('claim' as const),
  runner: fc.nat({ max: 2 }),
  max: fc.integer({ min: 1, max: 3 }),
})
const speak = fc.record({ do: fc.constantFrom('start' as const, 'start' as const, 'heartbeat' as const), order, by })
const complete = fc.record({
  do: fc.constant('complete' as const),
  order,
  by,
  outcome: fc.constantFrom<Outcome[]>('succeeded', 'failed', 'timed_out', 'canceled', 'interrupted'),
  retryable: fc.boolean(),
  digest: mostly('a', 'b'),
})
const decide = fc.record({ do: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const), order })
const settle = fc.record({
  do: fc.constant('settle' as const),
  order,
  verdict: fc.constantFrom('succeeded', 'failed'),
})
const cancel = fc.record({ do: fc.constant('cancel' as const), order })
const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 1000, 2000, 4000) })
const sweep = fc.record({ do: fc.constant('sweep' as const), holdLeases: mostly(false, true) })
const release = fc.record({ do: fc.constant('release' as const) })
const prune = fc.record({ do: fc.constant('prune' as const), keepMs: fc.constantFrom(0, 1000) })

const act = fc.oneof(
  { weight: 3, arbitrary: place },
  { weight: 5, arbitrary: claim },
  { weight: 7, arbitrary: speak },
  { weight: 4, arbitrary: complete },
  { weight: 1, arbitrary: decide },
  { weight: 1, arbitrary: cancel },
  { weight: 1, arbitrary: settle },
  { weight: 4, arbitrary: wait },
  { weight: 3, arbitrary: sweep },
  { weight: 2, arbitrary: release },
  { weight: 1, arbitrary: prune },
) as fc.Arbitrary<Act>

/** Up to 32 acts, the first of them a placement: without one the others mean nothing. */
export const anyActs: fc.Arbitrary<Act[]> = fc
  .tuple(place as fc.Arbitrary<Act>, fc.array(act, { maxLength: 31, size: 'max' }))
  .map(([first, rest]) => [first, ...rest])

const keyed = { do: 'place', maxAttempts: 1, key: 'a', delayMs: 0, lifeMs: null, priority: 0 } as const
const begun: Act[] = [
  { ...keyed, type: 1 },
  { do: 'claim', runner: 0, max: 1 },
  { do: 'start', order: 0, by: 'holder' },
  { ...keyed, type: 0 },
]

/** What is done once has begun, another order waits for its key, and little is heard of either. */
export const silentActs: fc.Arbitrary<Act[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: wait },
      { weight: 6, arbitrary: sweep },
      { weight: 3, arbitrary: claim },
      { weight: 1, arbitrary: fc.oneof(speak, complete, settle, cancel) },
    ) as fc.Arbitrary<Act>,
    { maxLength: 16, size: 'max' },
  )
  .map((rest) => [...begun, ...rest])

/** The first four times out of five. */
function mostly<T>(first: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) })
}
