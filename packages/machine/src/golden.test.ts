import { describe, expect, it } from 'vitest'
import { goldens, pairOf } from './testing/goldens.ts'
import { formats } from './testing/samples.ts'

describe('the golden pairs', () => {
  it.each(goldens)('$name', async (golden) => {
    await expect(pairOf(golden)).toMatchFileSnapshot(golden.path)
  })

  it('have one of every format', () => {
    expect(new Set(goldens.map(({ kind }) => kind))).toEqual(new Set(Object.keys(formats)))
  })
})
