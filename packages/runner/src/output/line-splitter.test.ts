import { expect, test } from 'vitest'
import { LineSplitter } from './line-splitter.ts'

function linesOf(text: string, chunk: number, maxLength = 1000): string[] {
  const splitter = new LineSplitter(maxLength)
  const lines: string[] = []
  for (let at = 0; at < text.length; at += chunk) lines.push(...splitter.push(text.slice(at, at + chunk)))
  return [...lines, ...splitter.end()]
}

const bar = Array.from({ length: 100 }, (_, index) => `fetch ${index + 1} %`).join('\r')

test.each([1, 2, 3, 7, 1000, 100_000])('a progress bar is its last state, in chunks of %i characters', (chunk) => {
  expect(linesOf(`begin\r\n${bar}\r\nError: lost\r${bar}\ndone\r\n`, chunk)).toEqual([
    ...['begin', 'fetch 100 %', 'Error: lost', 'fetch 100 %', 'done'],
  ])
  expect(linesOf(bar, chunk)).toEqual(['fetch 100 %'])
  expect(linesOf('\r\n\r\nx\r', chunk)).toEqual(['', '', 'x'])
})

test('a bar without an end holds no more than its last states, and what is long is cut', () => {
  const splitter = new LineSplitter(50)
  for (let index = 0; index < 10_000; index += 1) expect(splitter.push(`\rfetch ${index} %`)).toEqual([])
  expect(splitter.end()).toEqual(['fetch 9999 %'])
  expect(linesOf(`${'x'.repeat(120)}\n`, 7, 50)).toEqual(['x'.repeat(50), 'x'.repeat(50), 'x'.repeat(20)])
})
