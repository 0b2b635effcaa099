import { expect, test } from 'vitest'
import { LineGate } from './line-gate.ts'

function passed(...chunks: [text: string, hasRoom: boolean][]): string {
  const gate = new LineGate()
  return chunks.map(([text, hasRoom]) => String(gate.pass(Buffer.from(text), hasRoom))).join('')
}

test('what has room passes', () => {
  expect(passed(['one\ntw', true], ['o\n', true])).toBe('one\ntwo\n')
})

test('without room the line is ended, and nothing passes any more, room or not', () => {
  expect(passed(['one\ntop', true], ['secret\nthree\n', false], ['four\n', true])).toBe('one\ntopsecret\n')
  expect(passed(['top', true], ['sec', false], ['ret\nmore', true], ['\nlast', true])).toBe('topsecret\n')
})

test('a line without end passes for a while only', () => {
  const kilobyte = 'x'.repeat(1024)
  const chunks = Array.from({ length: 1000 }, (): [string, boolean] => [kilobyte, false])
  expect(passed(...chunks).length).toBe(65 * 1024)
})
