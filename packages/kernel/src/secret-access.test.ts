import { expect, test } from 'vitest'
import { isOpenToOthers } from './secret-access.ts'

test.each([0o600, 0o400, 0o700, 0o000, 0o4600, 0o100600, 0o100400])('%o is its owner’s alone', (mode) => {
  expect(isOpenToOthers({ mode })).toBe(false)
})

test.each([0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777, 0o100640, 0o2640])('%o is open', (mode) => {
  expect(isOpenToOthers({ mode })).toBe(true)
})
