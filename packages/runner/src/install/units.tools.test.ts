import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import * as places from './places.ts'
import { renderExecutorSocket, renderExecutorUnit, renderRunnerUnit } from './units.ts'

const tool = 'systemd-analyze'
/** A program that is there, as `verify` wants it. */
const program = { node: '/bin/true', entry: '/opt/ikoma/dist/index.cjs', build: 'ab12cd34ef56' }
const units = {
  [places.runnerUnit]: renderRunnerUnit(program),
  [places.executorSocket]: renderExecutorSocket(),
  [places.executorTemplate]: renderExecutorUnit(program),
}

function analyze(...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-units-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(units)) writeFileSync(join(folder, name), content)
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd: folder, encoding: 'utf8' })
  // What systemd does not know it only warns of, and leaves out.
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

test.each(Object.keys(units))('systemd finds nothing wrong with %s', (name) => {
  analyze('verify', '--man=no', `./${name}`)
})

// What docs/decisions/0009-root-executor.md says: a figure that rises needs a reason there first.
test.each([
  [places.runnerUnit, 1.7],
  [places.executorTemplate, 5.3],
])('the exposure of %s is %d of 10', (name, exposure) => {
  const said = analyze('security', '--offline=yes', '--no-pager', `./${name}`)
  expect(Number(/exposure level for [^:]+: ([\d.]+)/.exec(said)?.[1])).toBe(exposure)
})
