import { expect, test } from 'vitest'
import { RefusedRunners } from './refused-runners.ts'

test('of however many runners are refused a thousand are remembered, the last ones', () => {
  const refused = new RefusedRunners()
  for (let n = 0; n < 1_500; n += 1) refused.refuse(`runner-${n}`, { address: 'a', former: false }, n)
  expect(refused.of('runner-499', 1_500)).toBeNull()
  expect(refused.of('runner-500', 1_500)).toMatchObject({ since: 500 })
  expect(refused.of('runner-1499', 1_500)).toMatchObject({ since: 1_499 })
})

test('a stranger hides neither since when nor from where the runner itself is refused', () => {
  const refused = new RefusedRunners()
  refused.refuse('r', { address: 'stranger', former: false }, 1)
  refused.refuse('r', { address: 'server', former: true }, 2)
  refused.refuse('r', { address: 'stranger', former: false }, 3)
  expect(refused.of('r', 3)).toEqual({ since: 2, lastAt: 3, address: 'server', former: true })
  refused.letIn('r')
  expect(refused.of('r', 3)).toBeNull()
})
