import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { childEnv, temporaryDirectory, until } from '../testing/setup.ts'
import { environmentHas, readProcesses } from './process-table.ts'
import { killMarked, startProgram } from './process-tree.ts'

async function setup(argv: string[]) {
  const cwd = await temporaryDirectory()
  const marker = `test.${randomUUID()}`
  const tree = startProgram({ argv, cwd, env: childEnv, marker })
  tree.stdout.resume()
  tree.stderr.resume()
  const living = () =>
    readProcesses().filter(({ pid, state }) => state !== 'Z' && environmentHas(pid, `IKOMA_ORDER=${marker}`)).length
  return { cwd, marker, tree, living }
}

/** Detaches twice, so that its parent, group and session all say nothing about where it comes from. */
const daemon = ['setsid', '--fork', 'sh', '-c', 'setsid --fork sleep 60 & sleep 60']

describe('a process tree', () => {
  it('gives the exit code, an empty input and only the environment it was given', async () => {
    const { tree } = await setup([
      'sh',
      '-c',
      'cat; test "$(env | grep -c -v -E "^(PATH|LANG|IKOMA_ORDER|PWD|_|SHLVL|OLDPWD)=")" = 0',
    ])
    expect(await tree.exited).toEqual({ code: 0, signal: null })
    expect(await tree.kill(0)).toBe(0)
  })

  it('dies whole, a daemon that forked twice into its own session included', async () => {
    const { tree, living } = await setup(['sh', '-c', `${daemon.map((part) => `'${part}'`).join(' ')}; sleep 60`])
    await until(() => living() >= 4)
    expect(await tree.kill(200)).toBe(0)
    expect(living()).toBe(0)
  })

  it('leaves nothing behind after a normal exit', async () => {
    const { tree, living } = await setup(daemon)
    await tree.exited
    await until(() => living() >= 2)
    expect(await tree.kill(200)).toBe(0)
    expect(living()).toBe(0)
  })

  it('dies even when it ignores SIGTERM, and has its grace when it does not', async () => {
    const stubborn = await setup(['sh', '-c', 'trap "" TERM; while true; do sleep 1; done'])
    await until(() => stubborn.living() >= 2)
    expect(await stubborn.tree.kill(100)).toBe(0)
    expect(await stubborn.tree.exited).toEqual({ code: null, signal: 'SIGKILL' })

    const polite = await setup(['sh', '-c', 'trap "echo bye > bye; exit 3" TERM; while true; do sleep 0.05; done'])
    await until(() => polite.living() >= 2)
    expect(await polite.tree.kill(3_000)).toBe(0)
    expect(await polite.tree.exited).toEqual({ code: 3, signal: null })
    expect(await readFile(join(polite.cwd, 'bye'), 'utf8')).toBe('bye\n')
  })

  it('can be ended by a later process that only knows the order', async () => {
    const { marker, living } = await setup(daemon)
    await until(() => living() >= 2)
    expect(await killMarked(marker, 100)).toBe(0)
    expect(living()).toBe(0)
  })

  it('never touches processes of another order', async () => {
    const one = await setup(['sleep', '60'])
    const other = await setup(['sleep', '60'])
    await until(() => one.living() === 1 && other.living() === 1)
    await one.tree.kill(0)
    expect(other.living()).toBe(1)
    await other.tree.kill(0)
  })

  it('rejects when the program does not exist', async () => {
    const { tree } = await setup(['/nonexistent/program'])
    await expect(tree.exited).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await tree.kill(0)).toBe(0)
  })
})
