import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '@ikoma/kernel/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClamScanner } from './scanner.ts'
import { eicar } from './testing/eicar.ts'

const quiet = createLog('silent', { write: () => undefined })
let stop: () => Promise<void>
let socket: string
let folder: string

// The real program, with one signature in place of the two hundred megabytes that are downloaded.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-clamd-'))
  socket = join(folder, 'clamd.sock')
  mkdirSync(join(folder, 'db'))
  writeFileSync(join(folder, 'db', 'test.ndb'), `Eicar-Test:0:*:${Buffer.from(eicar).toString('hex')}\n`)
  const config = {
    DatabaseDirectory: join(folder, 'db'),
    LocalSocket: socket,
    Foreground: 'yes',
    StreamMaxLength: '1M',
  }
  const lines = Object.entries(config).map(([name, value]) => `${name} ${value}\n`)
  writeFileSync(join(folder, 'clamd.conf'), lines.join(''))
  const child = spawn('clamd', ['--config-file', join(folder, 'clamd.conf')], {
    stdio: 'ignore',
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  stop = async () => {
    child.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true })
  }
  while (!(await listens())) {
    if (child.exitCode !== null) throw new Error(`clamd ended with ${child.exitCode}`)
    await delay(100)
  }
})
afterAll(() => stop())

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => resolve(true))
    probe.once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
}

async function scan(body: Buffer) {
  const file = join(folder, 'file')
  writeFileSync(file, body, { mode: 0o600 })
  return createClamScanner({ at: { socket }, log: quiet, timeoutMs: 20_000 }).scan(file)
}

test('clamd finds what it knows, wherever in the file, and calls the rest clean', async () => {
  expect(await scan(Buffer.from('a wash bay'))).toBe('clean')
  expect(await scan(Buffer.from(eicar))).toBe('infected')
  expect(await scan(Buffer.concat([Buffer.alloc(300_000), Buffer.from(eicar)]))).toBe('infected')
})

test('a file that clamd does not read to its end is not clean', async () => {
  expect(await scan(Buffer.alloc(3_000_000))).toBe('unknown')
})
