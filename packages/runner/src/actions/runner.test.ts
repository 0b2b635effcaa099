import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { catalogue } from '@ikoma/api'
import { describe, expect, it } from 'vitest'
import { actionContext } from '../testing/setup.ts'
import { versionIn } from './find-tools.ts'
import { runner } from './runner.ts'

const runSelftest = runner['runner.selftest']

/** A PATH with nothing in it but the given scripts. */
async function setup(programs: Record<string, string>) {
  const context = await actionContext()
  const bin = join(context.runner.stateDir, 'bin')
  await mkdir(bin)
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  return { ...context, runner: { ...context.runner, childEnv: { PATH: bin } } }
}

describe('runner.selftest', () => {
  it('passes on this machine with an output that the catalogue promises', async () => {
    const context = await actionContext()
    const result = await runSelftest({}, context)
    expect(result.ok).toBe(true)
    const output = catalogue['runner.selftest'].output.parse(result.output)
    expect(output).toMatchObject({ stateDirectory: { writable: true }, clockSkewMs: 12 })
    expect(output.disk.totalBytes).toBeGreaterThan(output.disk.freeBytes)
  })

  it('tells which tools there are; that some are absent fails nothing', async () => {
    const context = await setup({
      nginx: 'echo "nginx version: nginx/1.22.1" >&2',
      caddy: 'echo "v2.7.6 h1:w0NymbG2m9PcvKWsrXO6EEkY9Ru4FJK8uQbYcev1p3A="',
      docker: 'test "$1" = --version && echo "Docker version 29.1.3, build f52814d"',
      psql: 'exit 1',
    })
    const { ok, output } = await runSelftest({}, context)
    expect(ok).toBe(true)
    expect(output?.tools).toMatchObject({
      nginx: { found: true, version: '1.22.1' },
      caddy: { found: true, version: '2.7.6' },
      docker: { found: true, version: '29.1.3' },
      'docker compose': { found: false, version: null },
      psql: { found: false, version: null },
      git: { found: false, version: null },
    })
  })

  it('leaves the two lines that the gateway reads', async () => {
    const context = await setup({})
    await runSelftest({}, context)
    const read = (name: string) =>
      JSON.parse(context.logged.find((line) => line.startsWith(name))?.slice(name.length) ?? 'null')
    const checks = { filesystem_ok: true, docker_ok: false, compose_ok: false }
    expect(read('ORDER_RESULT_JSON: ')).toMatchObject({ success: true, type: 'runner.selftest', checks })
    expect(read('PLATFORM_FACTS_JSON: ')).toEqual({ component: 'runner', checks })
  })

  it('warns about a clock that is far off or unknown', async () => {
    for (const skew of [-6_000, null]) {
      const context = await setup({})
      const result = await runSelftest(
        {},
        { ...context, runner: { ...context.runner, measureClockSkewMs: async () => skew } },
      )
      expect(result.ok).toBe(true)
      expect(result.output?.checks).toContainEqual(expect.objectContaining({ name: 'clock', status: 'warn' }))
    }
  })

  it('fails when the state directory cannot be written', async () => {
    const context = await setup({})
    // /proc refuses files even to root.
    const result = await runSelftest({}, { ...context, runner: { ...context.runner, stateDir: '/proc' } })
    expect(result).toMatchObject({ ok: false, errors: [{ code: 'state_directory_not_writable' }] })
    expect(context.logged.join('\n')).toContain('"filesystem_ok":false')
  })
})

it.each([
  ['v24.21.0', '24.21.0'],
  ['systemd 252 (252.39-1~deb12u1)', '252.39-1'],
  ['Redis server v=7.0.15 sha=00000000:0', '7.0.15'],
  ['no version here', null],
])('the version in "%s" is %s', (text, version) => {
  expect(versionIn(text)).toBe(version)
})
