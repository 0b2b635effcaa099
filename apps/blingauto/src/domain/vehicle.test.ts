import { expect, test } from 'vitest'
import { distanceM, reaches } from './mobile-area.ts'
import { fits, plateOf, sizeOf, vehicleSizes } from './vehicle.ts'

test('a vehicle goes into a bay of its size or larger', () => {
  const table = vehicleSizes.map((vehicle) => vehicleSizes.filter((bay) => fits(vehicle, bay)).length)
  expect(table).toEqual([4, 3, 2, 1])
})

test('sizes are read in any case', () => {
  expect(['LARGE', 'large', 'Large', 'OVERSIZED', 'huge', ''].map(sizeOf)).toEqual([
    'large',
    'large',
    'large',
    'oversized',
    null,
    null,
  ])
})

test('a plate is the same however it is spaced', () => {
  expect(['ab-123-cd', 'AB 123 CD', ' ab  123-cd '].map(plateOf)).toEqual(Array(3).fill('AB-123-CD'))
})

test('a team comes as far as its radius, also over the line where longitudes meet', () => {
  const paris = { latitude: 48.8566, longitude: 2.3522 }
  const lyon = { latitude: 45.764, longitude: 4.8357 }
  expect(distanceM(paris, lyon)).toBeGreaterThan(391_000)
  expect(distanceM(paris, lyon)).toBeLessThan(393_000)
  expect([50_000, 400_000].map((radius) => reaches(paris, radius, lyon))).toEqual([false, true])
  const [west, east] = [
    { latitude: -17, longitude: 179.99 },
    { latitude: -17, longitude: -179.99 },
  ]
  expect(distanceM(west, east)).toBeLessThan(2_200)
  expect(distanceM(paris, paris)).toBe(0)
})
