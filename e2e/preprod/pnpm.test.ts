import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startProcess } from '../kit/process.ts'
import { node } from '../kit/product.ts'
import { cloneRepository } from './sources.ts'

const execute = promisify(execFile)
// Document 2 has pnpm among its prerequisites: the newest, and the oldest that is spoken of.
const versions = ['12.21.0', '10.34.9']

test.each(versions)('pnpm %s: install and start, in a clone', { timeout: 420_000 }, async (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-pnpm-'))
  const clone = await cloneRepository(join(folder, 'ikoma'))
  const PATH = [join(folder, 'node_modules/.bin'), dirname(node), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH, CI: 'true', COREPACK_ENABLE_STRICT: '0' }
  const see = async (file: string, args: string[], cwd: string) =>
    (await execute(file, args, { cwd, env, timeout: 300_000, maxBuffer: 2 ** 24 })).stdout
  try {
    await see('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `pnpm@${version}`], folder)
    expect(await see('pnpm', ['--version'], clone)).toBe(`${version}\n`)
    await see('pnpm', ['install', '--store-dir', join(folder, 'store')], clone)
    expect(await see('git', ['status', '--porcelain'], clone)).toBe('')
    const start = startProcess({ argv: ['pnpm', 'start'], cwd: clone, env: { PATH, HOME: folder, PORT: '0' } })
    try {
      await start.said(/IKOMA is ready: http/, 120_000)
    } finally {
      await start.end('SIGTERM', 60_000)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
