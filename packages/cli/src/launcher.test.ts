import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
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
