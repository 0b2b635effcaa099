import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { isSealed, type Place, sealOf } from './seal.ts'

const key = 'k'.repeat(64)
const text = '{"id":"20260115T020000Z-1a2b3c"}'
const at = (bucket: string, prefix: string, name = 'app', file = 'a.json') =>
  ({ s3: { bucket, prefix }, name, file }) as Place
const place = at('bucket', 'ikoma')

test('a seal is of the text, the key, the bucket, its folder, the name and the file, each by itself', () => {
  const seal = sealOf(key, place, text)
  expect(isSealed(key, place, { text, seal })).toBe(true)
  const others: [string, Place, string][] = [
    ['x'.repeat(64), place, text],
    [key, place, `${text} `],
    [key, at('other', 'ikoma'), text],
    [key, at('bucket', 'other'), text],
    [key, at('bucket', 'ikoma', 'other'), text],
    [key, at('bucket', 'ikoma', 'app', 'b.json'), text],
    // The same letters, divided in another way.
    [key, at('bucket', 'ikoma/app', 'a', '.json'), text],
    [key, at('bucketikoma', '', 'app', 'a.json'), text],
  ]
  for (const [otherKey, elsewhere, said] of others) {
    expect(isSealed(otherKey, elsewhere, { text: said, seal })).toBe(false)
  }
})

test('what a former version sealed is read, and only as it sealed it', () => {
  const seal = createHmac('sha256', key).update(`app/a.json\n${text}`).digest('hex')
  expect(isSealed(key, place, { text, seal })).toBe(true)
  expect(isSealed(key, place, { text: `${text} `, seal })).toBe(false)
  expect(isSealed(key, at('bucket', 'ikoma', 'app', 'b.json'), { text, seal })).toBe(false)
  expect(isSealed(key, place, { text, seal: `v2:${seal}` })).toBe(false)
})

test.each(['', 'v2:', 'v1:', 'v3:abc', '0'.repeat(64), `v2:${'0'.repeat(64)}`, 'é'.repeat(64)])(
  '%j seals nothing',
  (seal) => {
    expect(isSealed(key, place, { text, seal })).toBe(false)
  },
)

test('a seal of the second form is none of the first when its version is cut off', () => {
  const seal = sealOf(key, place, text).replace('v2:', '')
  expect(isSealed(key, place, { text, seal })).toBe(false)
})
