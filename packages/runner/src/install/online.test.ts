import type { Host } from '@ikoma/machine'
import { expect, test } from 'vitest'
import { untilOnline } from './online.ts'

/** A runner whose process is 7, and what it has left at each look. */
function setup(left: (string | null)[]) {
  let now = 0
  const said: Record<string, string> = { systemctl: '7\n', journalctl: 'a line\nthe last line\n' }
  const run = async ({ argv }: { argv: readonly string[] }) => ({ stdout: said[argv[0] ?? ''] ?? '' })
  const waiting = {
    withinMs: 3_000,
    signal: new AbortController().signal,
    now: () => now,
    async sleep(ms: number) {
      now += ms
    },
  }
  const read = async () => (left.length > 1 ? (left.shift() ?? null) : (left[0] ?? null))
  return untilOnline({ run } as unknown as Host, read, waiting)
}

const heard = (pid: number) => JSON.stringify({ pid, heard: true, error: null })
const unheard = JSON.stringify({ pid: 7, heard: false, error: 'No answer from https://x: refused.' })

test('a runner that the control plane has answered is online, also when that took it a while', async () => {
  expect(await setup([null, '{', unheard, heard(7)])).toEqual({ online: true, error: null, log: [] })
})

test('one that has not been answered says why, with the end of its log', async () => {
  expect(await setup([null, unheard])).toEqual({
    ...{ online: false, error: 'No answer from https://x: refused.', log: ['a line', 'the last line'] },
  })
})

test('what a process before left is not believed', async () => {
  expect(await setup([heard(6)])).toMatchObject({ online: false, error: null })
})
