import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/setup.ts'

const program = join(import.meta.dirname, '..', 'testing', 'order-of-writes.ts')

/** The system calls that write, in order: what was synced, and what was made. */
async function setup() {
  const folder = await temporaryDirectory()
  const log = join(folder, 'calls')
  const calls = ['fsync', 'fdatasync', 'openat', 'write', 'pwrite64'].join()
  execFileSync('strace', ['-f', '-y', '-s', '80', '-e', `trace=${calls}`, '-o', log, process.execPath, program, folder])
  const lines = readFileSync(log, 'utf8').split('\n')
  const find = (pattern: RegExp, from = 0) => lines.findIndex((line, at) => at >= from && pattern.test(line))
  return { find, lines }
}

/** Of the call's end: one that another thread interrupts is written in two lines, and the second names no file. */
const synced = (path: string) => new RegExp(`f(data)?sync\\(\\d+<[^>]*${path}>`)
const made = (name: string) => new RegExp(`openat\\(.*effect-${name}".*O_CREAT`)

describe('the kernel is told to write', () => {
  test('a spent grant, its record and the name of it, before its order has an effect', async () => {
    const { find } = await setup()
    const effect = find(made('of-grant'))
    const record = find(synced('/spent/[0-9a-f-]{36}\\.1'))
    const name = find(synced('/spent'), record)
    expect([record, name].every((at) => at > 0 && at < effect)).toBe(true)
  })

  test('an intent before the effect, and a result before it is told', async () => {
    const { find } = await setup()
    const intent = find(/write\(\d+<[^>]*journal\.ndjson>, ".*INTENT/)
    const [effect, telling] = [find(made('of-order')), find(made('of-telling'))]
    const result = find(/write\(\d+<[^>]*journal\.ndjson>, ".*RESULT/)
    expect([intent, result].every((at) => at > 0)).toBe(true)
    const flushed = (from: number) => find(synced('journal\\.ndjson'), from)
    expect([intent < flushed(intent), flushed(intent) < effect]).toEqual([true, true])
    expect([effect < result, result < flushed(result), flushed(result) < telling]).toEqual([true, true, true])
  })
})
