import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { catalogue } from '@ikoma/api'
import { describe, expect, it } from 'vitest'
import { actionContext } from '../testing/setup.ts'
import { shell } from './shell.ts'

async function run(payload: Record<string, unknown>, more: { dryRun?: boolean } = {}) {
  const context = await actionContext()
  const result = await shell['shell.run'](catalogue['shell.run'].payload.parse(payload), { ...context, ...more })
  if (result.ok) catalogue['shell.run'].output.parse(result.output)
  return { result, directory: context.runner.workDir }
}

describe('shell.run', () => {
  it('passes arguments as they are: no shell reads them', async () => {
    const argv = ['printf', '%s|', '$(id)', ';reboot', '-x', 'a\nb', '*']
    const { result } = await run({ argv })
    expect(result).toMatchObject({ ok: true, output: { exitCode: 0, stdoutTail: '$(id)|;reboot|-x|a\nb|*|' } })
  })

  it('gives the program its own variables and none of the runner', async () => {
    const { result } = await run({ argv: ['env'], env: { GREETING: 'salut', IKOMA_ORDER: 'forged' } })
    const names = result.output?.stdoutTail
      ?.trim()
      .split('\n')
      .map((line) => line.split('=')[0])
    expect(names?.sort()).toEqual(['GREETING', 'IKOMA_ORDER', 'LANG', 'PATH'])
    expect(result.output?.stdoutTail).not.toContain('forged')
  })

  it('fails on an exit code that was not announced as good', async () => {
    const bad = await run({ argv: ['sh', '-c', 'echo no >&2; exit 4'] })
    expect(bad.result).toMatchObject({
      ok: false,
      errors: [{ code: 'exit_code' }],
      output: { exitCode: 4, stderrTail: 'no\n' },
    })
    const good = await run({ argv: ['sh', '-c', 'exit 4'], okExitCodes: [0, 4] })
    expect(good.result.ok).toBe(true)
  })

  it.each([
    ['program_not_started', { argv: ['no-such-program'] }],
    ['no_such_directory', { argv: ['true'], cwd: '/no/such/directory' }],
    ['ended_by_signal', { argv: ['sh', '-c', 'kill -9 $$'] }],
  ])('fails with %s', async (code, payload) => {
    const { result } = await run(payload)
    expect(result).toMatchObject({ ok: false, errors: [{ code }] })
  })

  it('says what it would do, and does nothing, in a dry run', async () => {
    const { result, directory } = await run({ argv: ['touch', 'effect'] }, { dryRun: true })
    expect(result).toMatchObject({ ok: true, summary: expect.stringContaining('Would run "touch" "effect"') })
    expect(existsSync(join(directory, 'effect'))).toBe(false)
  })

  it('ends although a daemon it left behind holds its output open', async () => {
    const begunMs = performance.now()
    const { result } = await run({ argv: ['setsid', '--fork', 'sleep', '60'] })
    expect(result.ok).toBe(true)
    expect(performance.now() - begunMs).toBeLessThan(30_000)
  })
})
