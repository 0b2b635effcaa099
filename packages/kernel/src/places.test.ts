import { expect, test } from 'vitest'
import { Places } from './places.ts'

const setup = () => new Places({ what: 'streams', all: 3, each: 2 })

test('one caller cannot take every place', () => {
  const places = setup()
  places.take('a')
  places.take('a')
  expect(() => places.take('a')).toThrow(
    expect.objectContaining({ message: expect.stringContaining('Close one'), retryAfterSec: 10 }),
  )
  places.take('b')
  expect(() => places.take('b')).toThrow(expect.objectContaining({ code: 'unavailable' }))
})

test('a place is given back once', () => {
  const places = setup()
  const giveBack = places.take('a')
  places.take('a')
  giveBack()
  giveBack()
  places.take('a')
  expect(() => places.take('a')).toThrow('Close one')
})
