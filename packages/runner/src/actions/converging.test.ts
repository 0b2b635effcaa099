import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Desired } from '@ikoma/machine'
import { file, readAccounts } from '@ikoma/machine/system'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { converging } from './converging.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-converge-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function wanted(name: string, content: string) {
  const { uid, gid } = userInfo()
  const accounts = await readAccounts()
  const path = join(folder, name)
  return {
    path,
    desired: file({ path, content, mode: 0o644, owner: accounts.userOf(uid), group: accounts.groupOf(gid) }),
  }
}

/** A part that can never be done. */
const impossible: Desired = async () => [
  {
    title: 'do the impossible',
    diff: null,
    apply: async () => {
      throw new Error('no')
    },
    undo: null,
  },
]

test('changes what is to change, and nothing the second time', async () => {
  const { path, desired } = await wanted('a', 'one\n')
  const apply = converging(() => [desired])
  const first = await apply({}, actionContext())
  expect(first).toMatchObject({ ok: true, summary: 'Made 1 change.', output: { changed: true } })
  expect(readFileSync(path, 'utf8')).toBe('one\n')
  const second = await apply({}, actionContext())
  expect(second).toEqual({ ok: true, summary: 'Nothing to change.', output: { changed: false, changes: [] } })
})

test('a dry run shows the difference and touches nothing', async () => {
  const { path, desired } = await wanted('a', 'one\n')
  const context = actionContext({ dryRun: true })
  const result = await converging(() => [desired])({}, context)
  expect(result).toMatchObject({ ok: true, summary: 'Would make 1 change.', output: { changed: false } })
  expect(context.logged.join('\n')).toContain('+one')
  expect(existsSync(path)).toBe(false)
})

test('what was done is taken back, last first, when a later change fails', async () => {
  const [a, b] = [await wanted('a', 'one\n'), await wanted('b', 'two\n')]
  const context = actionContext()
  await expect(converging(() => [a.desired, b.desired, impossible])({}, context)).rejects.toThrow('no')
  expect([existsSync(a.path), existsSync(b.path)]).toEqual([false, false])
  expect(context.steps.slice(-2)).toEqual([`undo: write ${b.path}`, `undo: write ${a.path}`])
})

test('a stop between two changes takes back what was done', async () => {
  const stop = new AbortController()
  const [a, b] = [await wanted('a', 'one\n'), await wanted('b', 'two\n')]
  const stopping: Desired = async () => [
    { title: 'stop', diff: null, apply: async () => stop.abort(new Error('canceled')), undo: null },
  ]
  const apply = converging(() => [a.desired, stopping, b.desired])
  await expect(apply({}, actionContext({ signal: stop.signal }))).rejects.toThrow('canceled')
  expect([existsSync(a.path), existsSync(b.path)]).toEqual([false, false])
})

test('what was done by a program is taken back by a program, although the order was told to stop', async () => {
  const stop = new AbortController()
  const path = join(folder, 'made-by-a-program')
  const made: Desired = async () => [
    {
      title: 'touch',
      diff: null,
      apply: async (on) => void (await on.run({ argv: ['touch', path] })),
      undo: async (on) => void (await on.run({ argv: ['rm', path] })),
    },
  ]
  const stopping: Desired = async () => [
    { title: 'stop', diff: null, apply: async () => stop.abort(new Error('canceled')), undo: null },
  ]
  const { desired } = await wanted('after', 'x')
  const context = actionContext({ signal: stop.signal })
  await expect(converging(() => [made, stopping, desired])({}, context)).rejects.toThrow('canceled')
  expect(context.steps).toContain('undo: touch')
  expect(existsSync(path)).toBe(false)
})

test('what a stop cut short may be done already, and is taken back too', async () => {
  const stop = new AbortController()
  const path = join(folder, 'half-done')
  const halfDone: Desired = async () => [
    {
      title: 'be cut short',
      diff: null,
      async apply(on) {
        await on.run({ argv: ['touch', path] })
        setTimeout(() => stop.abort(new Error('canceled')), 50)
        await on.run({ argv: ['sleep', '60'] })
      },
      undo: async (on) => void (await on.run({ argv: ['rm', path] })),
    },
  ]
  const context = actionContext({ signal: stop.signal })
  await expect(converging(() => [halfDone])({}, context)).rejects.toThrow('canceled')
  expect(existsSync(path)).toBe(false)
})

test('a change that does not last is a failure', async () => {
  const forgetful: Desired = async () => [{ title: 'be forgotten', diff: null, apply: async () => {}, undo: null }]
  const result = await converging(() => [forgetful])({}, actionContext())
  expect(result).toMatchObject({ ok: false, errors: [{ code: 'not_converged' }] })
})
