import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { openLogFile } from './log-file.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval'] }))
afterEach(() => void vi.useRealTimers())

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'log-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'api.log')
  const told: string[] = []
  const output: string[] = []
  const open = (moves: boolean, at = path) => {
    const write = (line: string) => output.push(line)
    return openLogFile(at, { tell: (line) => told.push(line), maxBytes: 20, lookMs: 1_000, moves, output: { write } })
  }
  return { folder, path, told, output, open }
}

test('one process moves it away as it grows, and the others follow', () => {
  const { folder, path, told, open } = setup()
  const [first, second] = [open(true), open(false)]
  first.write('first line, of some length\n')
  second.write('second\n')
  vi.advanceTimersByTime(1_000)
  first.write('third\n')
  second.write('fourth\n')
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('first line, of some length\nsecond\n')
  expect(readFileSync(path, 'utf8')).toBe('third\nfourth\n')
  for (let round = 0; round < 9; round += 1) {
    first.write('as long as it may be at the most\n')
    vi.advanceTimersByTime(1_000)
  }
  expect(readdirSync(folder).length).toBe(6)
  expect(told).toEqual([])
})

test('where it cannot be written the log goes on without it, and says so once', () => {
  const { folder, told, output, open } = setup()
  const log = open(true, join(folder, 'none/api.log'))
  log.write('one\n')
  vi.advanceTimersByTime(5_000)
  log.write('two\n')
  expect([output, told]).toEqual([
    ['one\n', 'two\n'],
    ['LOG_FILE cannot be written, the log goes on without it: ENOENT'],
  ])
})
