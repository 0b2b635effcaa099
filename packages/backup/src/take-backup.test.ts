import { AppError } from '@ikoma/kernel'
import type { Program } from '@ikoma/machine'
import { expect, onTestFinished, test, vi } from 'vitest'
import { listBackups } from './shelf/shelved-backup.ts'
import { takeBackup } from './take-backup.ts'
import { disturbed, holding, simulatedShelf } from './testing/simulated-shelf.ts'
import { verifyBackup } from './verify-backup.ts'

const failing = (reason: string) => () => Promise.reject(new AppError('unprocessable', 'a page is broken', { reason }))
const cut = '20200103T020000Z-cccccc'

test.each([false, true])(
  'a backup that was proven is listed so, with nothing beside it; in a bucket: %s',
  async (inBucket) => {
    const { host, tool, shelf, taking, here, there } = simulatedShelf({ inBucket })
    const { id } = await takeBackup(taking)
    const [listed, ...others] = await listBackups(host, tool, shelf)
    expect(others).toEqual([])
    expect(listed).toMatchObject({ state: 'proven', manifest: { id, problem: null, takenBy: 'order.1' } })
    const files = [`${id}.json`, `${id}.sqlite.gz`]
    expect([await here(), there()]).toEqual(inBucket ? [[], files] : [files, []])
  },
)

test.each(['proof_failed', 'backup_damaged'])(
  'one of which the proof says %s is kept, and is not good',
  async (reason) => {
    const { host, tool, shelf, taking, engine } = simulatedShelf()
    await takeBackup({ ...taking, engine: disturbed(engine, 'prove', failing(reason)) })
    expect(await listBackups(host, tool, shelf)).toMatchObject([
      { state: 'unproven', manifest: { proof: null, problem: 'a page is broken' } },
    ])
  },
)

test.each([false, true])('one whose proof could not be tried is none; in a bucket: %s', async (inBucket) => {
  const { host, shelf, taking, engine, there } = simulatedShelf({ inBucket })
  const broken = disturbed(engine, 'prove', failing('tool_failed'))
  await expect(takeBackup({ ...taking, engine: broken })).rejects.toMatchObject({ reason: 'tool_failed' })
  expect([await host.look(shelf.directory), there()]).toEqual([null, []])
})

test.each(['copy', 'prove'] as const)(
  'one that is stopped while it was at %s is none, and is taken no further',
  async (verb) => {
    const { host, shelf, taking, engine, stop } = simulatedShelf()
    const asked: string[] = []
    const stopped = disturbed(disturbed(engine, verb, stop), 'prove', () => void asked.push('prove'))
    await expect(takeBackup({ ...taking, engine: stopped })).rejects.toThrow()
    expect(await host.look(shelf.directory)).toBeNull()
    expect(asked).toEqual(verb === 'copy' ? [] : ['prove'])
  },
)

test('what others left unfinished is cleared on the way, but not by an order that was stopped', async () => {
  const { host, taking, stop, here } = simulatedShelf()
  const left = () => host.put(`/var/backups/ikoma/app/${cut}.sqlite.gz`, 'rows')
  left()
  await takeBackup(taking)
  expect((await here()).filter((name) => name.startsWith(cut))).toEqual([])
  left()
  stop()
  await expect(takeBackup(taking)).rejects.toThrow()
  expect(await here()).toContain(`${cut}.sqlite.gz`)
})

test.each([
  ['stopped', true, 2],
  ['that failed', false, 24 * 3600],
])('an order %s has its time to remove what it uploaded', async (_, isStopped, timeoutSec) => {
  const { host, taking, engine, stop } = simulatedShelf({ inBucket: true })
  const removing: Program[] = []
  const run = host.run.bind(host)
  host.run = (program) => {
    if (program.argv.includes('remove')) removing.push(program)
    return run(program)
  }
  const broken = disturbed(engine, 'prove', () => {
    if (isStopped) stop()
    return failing('tool_failed')()
  })
  await expect(takeBackup({ ...taking, engine: broken })).rejects.toThrow()
  expect(removing.map((program) => program.timeoutSec)).toEqual([timeoutSec, timeoutSec])
})

test('what could not be removed is named', async () => {
  const { host, tool, taking, engine, logged, there } = simulatedShelf({ inBucket: true })
  const broken = disturbed(engine, 'prove', () => {
    host.install(tool.argv[0], () => ({ code: 1, stderr: 'the store is away' }))
    return failing('tool_failed')()
  })
  await expect(takeBackup({ ...taking, engine: broken })).rejects.toMatchObject({ message: 'a page is broken' })
  expect(logged).toEqual([`Could not be removed: ${there()[0]}`])
})

test.each([false, true])(
  'one of a database that was emptied is suspect, and so are those after it, until it is accepted; in a bucket: %s',
  async (inBucket) => {
    const { host, tool, shelf, taking, engine } = simulatedShelf({ inBucket })
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const take = (rows: number) => {
      // Those of one second have no order.
      vi.setSystemTime(Date.now() + 1_000)
      return takeBackup({ ...taking, engine: holding(engine, { customer: rows }) })
    }
    const full = await take(5_000)
    const empty = () => take(0)
    const first = await empty()
    expect(first.suspect).toBe(`Against ${full.id}, it has 0 of 5000 rows, none of the 5000 rows of customer.`)
    const suspect = [first, await empty(), await empty()].map(({ id }) => id)
    const states = Object.fromEntries(
      (await listBackups(host, tool, shelf)).map(({ manifest, state }) => [manifest.id, state]),
    )
    expect(states).toEqual({ [full.id]: 'proven', ...Object.fromEntries(suspect.map((id) => [id, 'suspect'])) })
    expect(await verifyBackup({ ...taking, manifest: first })).toMatchObject({ state: 'suspect' })
    expect(await verifyBackup({ ...taking, manifest: first, accept: true })).toMatchObject({ state: 'proven' })
    expect((await empty()).suspect).toBeNull()
  },
)
