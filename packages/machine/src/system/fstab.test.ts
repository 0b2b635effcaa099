import { describe, expect, it } from 'vitest'
import { hostileTexts, outcomeOf } from '../testing/hostile.ts'
import { withSwapFile } from './fstab.ts'

const others = '# /etc/fstab\nUUID=1-2 / ext4 errors=remount-ro 0 1\n'
const ours = '/swapfile none swap sw 0 0\n'

describe('fstab', () => {
  it.each([
    ['after what is there', others, others + ours],
    ['as the first line', '', ours],
    ['on a line of its own', others.trimEnd(), others + ours],
    ['as it is', ours + others, ours + others],
    ['in the place of what somebody wrote, once', `/swapfile\tswap swap defaults 0 0\n${others}${ours}`, ours + others],
  ])('has the swap file %s', (_, before, after) => expect(withSwapFile(before, '/swapfile')).toBe(after))

  it('takes no path that would be more than one word', () => {
    for (const text of hostileTexts) {
      const outcome = outcomeOf(() => withSwapFile(others, text))
      if ('rendered' in outcome) expect(outcome.rendered).toBe(`${others}${text} none swap sw 0 0\n`)
      else expect(outcome.refusedAt).toBe('path')
    }
  })
})
