import { expect, test } from 'vitest'
import { tooOld } from './prune.ts'
import type { ShelvedBackup } from './shelf/shelved-backup.ts'
import { bucketOf, putBackup } from './testing/program-tools.ts'
import { simulatedShelf } from './testing/simulated-shelf.ts'

const backup = (source: string, takenAt: string) =>
  ({ state: 'proven', manifest: { engine: 'postgres', source, takenAt } }) as ShelvedBackup

test('the last proven backups of each database stay, though another fills the same shelf', () => {
  const young = ['2026-11-03', '2026-11-02'].map((day) => backup('busy', `${day}T00:00:00Z`))
  const last = backup('quiet', '2026-01-02T00:00:00Z')
  const older = backup('quiet', '2026-01-01T00:00:00Z')
  const now = Date.parse('2026-11-21T00:00:00Z')
  expect(tooOld([...young, last, older], { keepDays: 1, keepProven: 1 }, now)).toEqual([young[1], older])
})

test.each(['suspect', 'unproven', 'damaged', 'missing'] as const)(
  'what is %s takes no place among the proven ones, however young, and goes by its age alone',
  (state) => {
    const bad = (day: string) => ({ ...backup('app', `${day}T00:00:00Z`), state })
    const good = (day: string) => backup('app', `${day}T00:00:00Z`)
    const [younger, young, last, between, former, oldest] = [
      ...[bad('2026-01-20'), bad('2026-01-10'), good('2026-01-09')],
      ...[bad('2026-01-08'), good('2026-01-07'), good('2026-01-06')],
    ]
    const all = [younger, young, last, between, former, oldest] as ShelvedBackup[]
    const now = Date.parse('2026-01-21T00:00:00Z')
    expect(tooOld(all, { keepDays: 7, keepProven: 2 }, now)).toEqual([young, between, oldest])
    expect(tooOld(all, { keepDays: 7, keepProven: 1 }, now)).toEqual([young, between, former, oldest])
    expect(tooOld(all, { keepDays: 30, keepProven: 1 }, now)).toEqual([])
  },
)

test('a backup is kept for its days to the last moment', () => {
  const only = { ...backup('app', '2026-01-01T00:00:00Z'), state: 'unproven' } as ShelvedBackup
  const end = Date.parse('2026-01-08T00:00:00Z')
  expect(tooOld([only], { keepDays: 7, keepProven: 1 }, end)).toEqual([])
  expect(tooOld([only], { keepDays: 7, keepProven: 1 }, end + 1)).toEqual([only])
})

test('databases of two engines that are called alike each keep their own', () => {
  const postgres = backup('app', '2026-01-02T00:00:00Z')
  const sqlite = { ...postgres, manifest: { ...postgres.manifest, engine: 'sqlite' } } as ShelvedBackup
  const now = Date.parse('2026-11-21T00:00:00Z')
  expect(tooOld([sqlite, postgres], { keepDays: 1, keepProven: 1 }, now)).toEqual([])
})

const [newer, older, cut] = ['20200102T020000Z-bbbbbb', '20200101T020000Z-aaaaaa', '20200103T020000Z-cccccc']

test.each([false, true])(
  'a backup that is too old goes whole, and nothing else does; in a bucket: %s',
  async (inBucket) => {
    const { host, here, there, prune } = simulatedShelf({ inBucket })
    for (const id of [newer, older]) putBackup(host, { id, s3: inBucket })
    await prune({ keepDays: 7, keepProven: 1 })
    expect(await (inBucket ? there() : here())).toEqual([`${newer}.json`, `${newer}.sqlite.gz`])
  },
)

test('a pruning that is killed half-way leaves no manifest without its file', async () => {
  const { host, here, prune } = simulatedShelf()
  putBackup(host, { id: older })
  host.afterCall(() => {
    if (host.contentOf(`/var/backups/ikoma/app/${older}.json`) === null) host.dieAfter(0)
    if (host.contentOf(`/var/backups/ikoma/app/${older}.sqlite.gz`) === null) host.dieAfter(0)
  })
  await expect(prune({ keepDays: 7, keepProven: 0 })).rejects.toThrow()
  host.revive()
  host.afterCall(() => {})
  expect(await here()).toEqual([`${older}.sqlite.gz`])
})

test('what a killed backup left goes from the folder and from the bucket, each told by its place', async () => {
  const { host, here, there, prune } = simulatedShelf({ inBucket: true })
  host.put(`/var/backups/ikoma/app/work-${cut}/scratch.db`, 'rows')
  host.put(`/var/backups/ikoma/app/${cut}.fetched`, 'rows')
  bucketOf(host)[`${cut}.sqlite.gz`] = 'rows'
  expect(await prune({ keepDays: 7, keepProven: 1 })).toEqual([
    `remove /var/backups/ikoma/app/${cut}.fetched, of a backup that was never finished`,
    `remove /var/backups/ikoma/app/work-${cut}, of a backup that was never finished`,
    `remove ${cut}.sqlite.gz in s3://backups/ikoma/app at https://s3.example.com, of a backup that was never finished`,
  ])
  expect([await here(), there()]).toEqual([[], []])
})
