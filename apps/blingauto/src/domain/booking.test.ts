import { describe, expect, test } from 'vitest'
import {
  afterAct,
  type BookingAct,
  type BookingStatus,
  bookingTable,
  cancellationFee,
  cancellationPercent,
  limits,
  mayReschedule,
  noShowFrom,
  overtimeFee,
  servicesFault,
} from './booking.ts'

const minute = 60_000
const hour = 60 * minute
const acts: BookingAct[] = ['confirm', 'cancel', 'expire', 'start', 'no_show', 'complete']

test('every act in every state', () => {
  const table = Object.keys(bookingTable).map((status) => [
    status,
    acts.map((act) => afterAct(status as BookingStatus, act) ?? '-').join(' '),
  ])
  expect(table).toEqual([
    ['pending', 'confirmed cancelled cancelled - - -'],
    ['confirmed', '- cancelled - in_progress no_show -'],
    ['in_progress', '- - - - - completed'],
    ['completed', '- - - - - -'],
    ['cancelled', '- - - - - -'],
    ['no_show', '- - - - - -'],
  ])
})

describe('what is kept of who cancels', () => {
  test.each([
    [24 * hour, 0],
    [24 * hour - 1, 25],
    [6 * hour, 25],
    [6 * hour - 1, 50],
    [2 * hour, 50],
    [2 * hour - 1, 100],
    [0, 100],
    [-hour, 100],
  ])('%i ms before it begins: %i percent', (left, percent) => {
    expect(cancellationPercent(1_000_000_000 + left, 1_000_000_000)).toBe(percent)
  })

  test.each<[BookingStatus, number]>([
    ['pending', 0],
    ['confirmed', 1250],
  ])('%s: %i of 49.99', (status, fee) => {
    expect(cancellationFee({ status, startsAt: 7 * hour, price: 4999 }, 0)).toBe(fee)
  })
})

test('a full minute too long costs 1.00, and half of one nothing', () => {
  const costs = [-hour, 0, minute - 1, minute, 90_000, 61 * minute].map((late) => overtimeFee(hour, hour + late))
  expect(costs).toEqual([0, 0, 0, 1_00, 1_00, 61_00])
})

test('who does not come is waited for half an hour', () => {
  expect(noShowFrom(hour)).toBe(hour + 30 * minute)
})

test.each(Object.keys(bookingTable) as BookingStatus[])('with two hours left, %s', (status) => {
  const open = status === 'pending' || status === 'confirmed'
  expect(mayReschedule({ status, startsAt: 2 * hour }, 0)).toBe(open)
  expect(mayReschedule({ status, startsAt: 2 * hour }, 1)).toBe(false)
})

describe('the services of a booking', () => {
  const wash = (serviceId: string, durationMin = 30, price = 20_00) => ({ serviceId, durationMin, price })
  const many = (count: number, durationMin: number) =>
    Array.from({ length: count }, (_, n) => wash(String(n), durationMin))
  test.each([
    ['none', []],
    ['too_many', many(limits.services + 1, 15)],
    [null, many(limits.services, 15)],
    ['twice', [wash('a'), wash('a')]],
    ['too_short', [wash('a', 15)]],
    [null, [wash('a', 30)]],
    [null, [wash('a', 240)]],
    ['too_long', [wash('a', 240), wash('b', 15)]],
    ['too_dear', [wash('a', 30, 10_000_01)]],
    [null, [wash('a', 30, 10_000_00)]],
  ])('%s', (fault, services) => {
    expect(servicesFault(services)).toBe(fault)
  })
})
