import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const launcher = resolve(import.meta.dirname, '../bin/ikoma')

it('the launcher works through symbolic links, from any folder, with any Node on the PATH', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-bin-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  symlinkSync(launcher, join(folder, 'first'))
  symlinkSync('first', join(folder, 'ikoma'))
  const { stdout, stderr } = await promisify(execFile)(join(folder, 'ikoma'), ['--version'], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin' },
  })
  expect([stdout, stderr]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+\n$/), ''])
})

/** A checkout whose Node says what it is asked to run. */
function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'ikoma-root-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const write = (file: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text, { mode })
  }
  write('node_modules/.bin/node', '#!/bin/sh\necho "$*"\n', 0o755)
  write('packages/cli/src/main.ts', '')
  mkdirSync(join(root, 'packages/cli/bin'))
  copyFileSync(launcher, join(root, 'packages/cli/bin/ikoma'))
  const age = (file: string, seconds: number) => utimesSync(join(root, file), seconds, seconds)
  const runWith = async (env: Record<string, string>, ...args: string[]) => {
    const options = { env: { PATH: '/usr/bin:/bin', ...env } }
    return (await promisify(execFile)(join(root, 'packages/cli/bin/ikoma'), args, options)).stdout
      .replaceAll(root, '')
      .trim()
  }
  const run = (...args: string[]) => runWith({ NODE_OPTIONS: '--max-old-space-size=4096' }, ...args)
  return { write, age, run, runWith }
}

it('the launcher takes the bundle only while no source is newer', async () => {
  const { write, age, run } = checkout()
  expect(await run('up')).toBe('/packages/cli/src/main.ts up')
  write('dist/index.cjs', '')
  age('packages/cli/src/main.ts', 1_000)
  age('dist/index.cjs', 2_000)
  expect(await run('runner', 'run')).toBe('/dist/index.cjs runner run')
  expect(await run()).toBe('/packages/cli/src/main.ts')
  age('packages/cli/src/main.ts', 3_000)
  expect(await run('up')).toBe('/packages/cli/src/main.ts up')
})

it('the launcher bounds the memory of V8, unless NODE_OPTIONS does', async () => {
  const { run, runWith } = checkout()
  const entry = '/packages/cli/src/main.ts up'
  expect(await runWith({}, 'up')).toBe(`--max-semi-space-size=16 --max-old-space-size=1024 ${entry}`)
  expect(await run('up')).toBe(entry)
})
