import { orderStatuses } from '@ikoma/domain'
import { describe, expect, it } from 'vitest'
import { exitCodeOfError, exitCodeOfOrder, exitCodeOfProblem, exitCodes } from './exit-codes.ts'

describe('exit codes', () => {
  it.each([
    [400, 2],
    [401, 4],
    [403, 5],
    [404, 1],
    [409, 5],
    [422, 5],
    [429, 1],
    [500, 1],
    [503, 1],
  ])('a problem with status %i ends with %i', (status, code) => {
    expect(exitCodeOfProblem(status)).toBe(code)
  })

  it('no error ends with success', () => {
    expect(Object.values(exitCodeOfError)).not.toContain(exitCodes.ok)
  })

  it('of all order statuses only SUCCEEDED is success', () => {
    expect(orderStatuses.filter((status) => exitCodeOfOrder[status] === exitCodes.ok)).toEqual(['SUCCEEDED'])
  })

  it.each(['TIMED_OUT', 'NEEDS_ATTENTION', 'STALE'] as const)(
    'an order that ends %s has an unknown outcome',
    (status) => {
      expect(exitCodeOfOrder[status]).toBe(exitCodes.unknownOutcome)
    },
  )
})
