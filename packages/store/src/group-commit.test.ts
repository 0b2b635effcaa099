import { describe, expect, it } from 'vitest'
import { refusedWith, times } from './conformance/world.ts'
import { GroupCommit, type Settled } from './group-commit.ts'

describe('group commit', () => {
  it('commits calls of the same turn together, in their order', async () => {
    const { group, commits } = setup()
    const calls = [group.submit(1), group.submit(2), group.submit(3)]
    await turn()
    expect(commits.map(({ calls: batch }) => batch)).toEqual([[1, 2, 3]])
    commits[0]?.succeed()
    expect(await Promise.all(calls)).toEqual(['1 done', '2 done', '3 done'])
  })

  it('lets calls that arrive during a commit share the next one', async () => {
    const { group, commits } = setup()
    const first = group.submit(1)
    await turn()
    const others = [group.submit(2), group.submit(3)]
    await turn()
    expect(commits).toHaveLength(1)
    commits[0]?.succeed()
    await first
    await turn()
    others.push(group.submit(4))
    expect(commits[1]?.calls).toEqual([2, 3])
    commits[1]?.succeed()
    await turn()
    commits[2]?.succeed()
    expect(await Promise.all(others)).toEqual(['2 done', '3 done', '4 done'])
  })

  it('puts no more calls in a commit than its bound', async () => {
    const { group, commits } = setup({ maxBatch: 2 })
    const calls = times(5, (call) => group.submit(call))
    for (const index of [0, 1, 2]) {
      await turn()
      commits[index]?.succeed()
    }
    await Promise.all(calls)
    expect(commits.map(({ calls: batch }) => batch)).toEqual([[0, 1], [2, 3], [4]])
  })

  it('refuses a call when too many wait, and takes calls again when they have gone', async () => {
    const { group, commits } = setup({ maxWaiting: 2 })
    const first = group.submit(0)
    await turn()
    const waiting = [group.submit(1), group.submit(2)]
    expect(await refusedWith(group.submit(3))).toEqual({ code: 'rate_limited', reason: 'store_busy' })
    commits[0]?.succeed()
    await first
    await turn()
    waiting.push(group.submit(4))
    commits[1]?.succeed()
    await turn()
    commits[2]?.succeed()
    expect(await Promise.all(waiting)).toEqual(['1 done', '2 done', '4 done'])
  })

  it('tells a caller that waited too long whether its call was sent, never sends one that was not, and goes on', async () => {
    const { group, commits } = setup({ timeoutMs: 10 })
    const timedOut = { code: 'unavailable', reason: 'store_timeout' }
    const first = group.submit(1)
    await turn()
    const second = group.submit(2)
    second.catch(() => undefined)
    await expect(first).rejects.toMatchObject({ ...timedOut, message: expect.stringContaining('may or may not') })
    await expect(second).rejects.toMatchObject({ ...timedOut, message: expect.stringContaining('nothing was changed') })
    commits[0]?.succeed()
    await turn()
    const third = group.submit(3)
    await turn()
    commits[1]?.succeed()
    expect(await third).toBe('3 done')
    expect(commits).toHaveLength(2)
  })

  it('gives each call its own outcome', async () => {
    const group = new GroupCommit<number, string>({ ...bounds, commit: async (calls) => calls.map(evenOnly) })
    const results = await Promise.allSettled([group.submit(1), group.submit(2), group.submit(3)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
  })

  it('fails the members of a commit that fails, and nobody else', async () => {
    const { group, commits } = setup()
    const failing = [group.submit(1), group.submit(2)]
    await turn()
    const next = group.submit(3)
    commits[0]?.fail(new Error('the disk is full'))
    for (const call of failing) await expect(call).rejects.toThrow('the disk is full')
    await turn()
    commits[1]?.succeed()
    expect(await next).toBe('3 done')
  })

  it('does not leave a caller waiting that a commit forgot to answer', async () => {
    const group = new GroupCommit<number, string>({ ...bounds, commit: async () => [] })
    expect(await refusedWith(group.submit(1))).toEqual({ code: 'unavailable', reason: 'store_timeout' })
  })

  it('is settled when nothing waits and nothing is under way', async () => {
    const { group, commits } = setup()
    await group.settled()
    const call = group.submit(1)
    let settled = false
    const settling = group.settled().then(() => {
      settled = true
    })
    await turn()
    expect(settled).toBe(false)
    commits[0]?.succeed()
    await Promise.all([call, settling])
    expect(settled).toBe(true)
  })
})

const bounds = { maxBatch: 100, maxWaiting: 100, timeoutMs: 5000 }

/** A group whose commits end when the test says so. */
function setup(patch: Partial<typeof bounds> = {}) {
  const commits: { calls: number[]; succeed: () => void; fail: (error: Error) => void }[] = []
  const commit = (calls: number[]) =>
    new Promise<Settled<string>[]>((resolve, reject) => {
      const succeed = () => resolve(calls.map((call) => ({ ok: true, value: `${call} done` })))
      commits.push({ calls, succeed, fail: reject })
    })
  return { commits, group: new GroupCommit<number, string>({ ...bounds, ...patch, commit }) }
}

function evenOnly(call: number): Settled<string> {
  return call % 2 === 0 ? { ok: true, value: 'even' } : { ok: false, error: new Error('odd') }
}

/** Long enough for a commit to begin, which lets the turn's other calls arrive first. */
async function turn(): Promise<void> {
  await new Promise(setImmediate)
  await new Promise(setImmediate)
}
