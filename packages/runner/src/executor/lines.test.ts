import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { jsonLines } from './lines.ts'
import { maxLineBytes, stopSchema } from './messages.ts'

async function read(pieces: string[], maxBytes = 20): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of jsonLines(Readable.from(pieces.map((piece) => Buffer.from(piece))), maxBytes))
    values.push(value)
  return values
}

test('each line is a value, however it was cut on its way, and what no line ends is none', async () => {
  expect(await read(['{"a"', ':1}\n2\n', '3\n', '4'])).toEqual([{ a: 1 }, 2, 3])
})

test('a line that is no JSON, or longer than its bound, is refused', async () => {
  await expect(read(['{"a":1}\nx\n'])).rejects.toThrow('a line is not JSON')
  await expect(read([`"${'x'.repeat(20)}`])).rejects.toThrow('a line is too long')
  expect(await read(['"0123456789"\n', '"0123456789"\n'])).toHaveLength(2)
  expect(maxLineBytes).toBe(4_194_304)
})

test('a runner may stop an order for every reason that it has', () => {
  for (const kind of ['canceled', 'timed_out', 'lost', 'interrupted']) {
    expect(stopSchema.safeParse({ stop: { kind, message: 'm' } }).success, kind).toBe(true)
  }
})
