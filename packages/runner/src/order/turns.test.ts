import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const never = new AbortController().signal

function setup() {
  const turns = new Turns()
  const told: string[] = []
  /** Work that ends when the test says so. */
  function take(name: string, order: string, signal = never) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const taken = turns.take(name, signal, async () => {
      told.push(`${order} begins`)
      await promise
      told.push(`${order} ends`)
    })
    return { taken, end: resolve }
  }
  return { turns, told, take }
}

test('what has the same name goes one after the other as it came, and other names do not wait', async () => {
  const { turns, told, take } = setup()
  const [a, b, c] = [take('caddy', 'a'), take('caddy', 'b'), take('nginx', 'c')]
  expect(turns.taken('caddy')).toBe(true)
  c.end()
  await c.taken
  b.end()
  a.end()
  await Promise.all([a.taken, b.taken])
  expect(told).toEqual(['a begins', 'c begins', 'c ends', 'a ends', 'b begins', 'b ends'])
  await Promise.resolve()
  expect(turns.taken('caddy')).toBe(false)
})

test('one that is stopped while it waits never begins, and the next still waits for the first', async () => {
  const { told, take } = setup()
  const stop = new AbortController()
  const [a, b, c] = [take('caddy', 'a'), take('caddy', 'b', stop.signal), take('caddy', 'c')]
  stop.abort(new Error('canceled'))
  await expect(b.taken).rejects.toThrow('canceled')
  expect(told).toEqual(['a begins'])
  a.end()
  c.end()
  await c.taken
  expect(told).toEqual(['a begins', 'a ends', 'c begins', 'c ends'])
})

test('one that fails lets the next begin', async () => {
  const { turns, told, take } = setup()
  const failing = turns.take('caddy', never, () => Promise.reject(new Error('no')))
  const next = take('caddy', 'next')
  next.end()
  await expect(failing).rejects.toThrow('no')
  await next.taken
  expect(told).toEqual(['next begins', 'next ends'])
})
