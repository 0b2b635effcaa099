import { AppError } from '@ikoma/kernel'
import { expect, test } from 'vitest'
import { type Converging, converge } from './converge.ts'
import type { Host } from './host.ts'
import type { Desired } from './plan.ts'
import { linesOf, oneStage, type Stage } from './stages.ts'
import { file } from './system/index.ts'
import { Killed, SimulatedHost } from './testing/simulated-host.ts'

const access = { mode: 0o644, owner: 'root', group: 'root' }
const source = '/srv/app/package.json'
const built = '/srv/app/dist.txt'

/** Something that a program does, and that another takes back. */
function ran(title: string, path: string, [does, undoes]: [string, string]): Desired {
  return async (host) => {
    if ((await host.look(path)) !== null) return []
    const run = (program: string) => async (on: Host) => {
      if ((await on.run({ argv: [program] })).code !== 0) throw new AppError('unavailable', `${program} failed.`)
    }
    return [{ title, diff: null, apply: run(does), undo: run(undoes) }]
  }
}

/** Built of what was fetched, so that nobody can plan it before. */
const build: Desired = async (host) => {
  const text = await host.read(source)
  if (text === null) throw new AppError('unprocessable', `There is no ${source}.`, { reason: 'no_source' })
  return file({ path: built, content: `built of ${text}`, ...access })(host)
}

const isThere = (path: string) => async (host: Host) => (await host.look(path)) !== null

const fetchBuildStart: Stage[] = [
  { title: 'fetch the app', desired: [ran('fetch', source, ['fetch', 'unfetch'])] },
  { title: 'build the app', desired: [build], foreseen: isThere(source) },
  { title: 'start the app', desired: [ran('start', '/run/app.pid', ['start', 'stop'])], foreseen: isThere(built) },
]

/** `starts`: whether the app does. */
function setup({ starts = true } = {}) {
  const host = new SimulatedHost({
    tools: {
      fetch: ({ machine }) => {
        machine.put(source, '{}')
        return {}
      },
      unfetch: ({ machine }) => {
        machine.move(source, null)
        return {}
      },
      start: ({ machine }) => {
        if (!starts) return { code: 1 }
        machine.put('/run/app.pid', '1')
        return {}
      },
      stop: ({ machine }) => {
        machine.move('/run/app.pid', null)
        return {}
      },
    },
  })
  host.putDirectory('/srv/app')
  host.putDirectory('/run')
  const told: string[] = []
  const run = (more: Partial<Converging> = {}, stages = fetchBuildStart) =>
    converge(stages, host, {
      dryRun: false,
      signal: new AbortController().signal,
      machineAfterStop: host,
      log: () => {},
      show: (plan) =>
        void told.push(
          linesOf(plan)
            .map(({ title }) => title)
            .join(', '),
        ),
      async step(name, work) {
        told.push(`> ${name}`)
        return work()
      },
      ...more,
    })
  return { host, told, run }
}

test('a dry run says what is done first and what for then, and does nothing', async () => {
  const { host, told, run } = setup()
  const before = host.snapshot()
  expect(await run({ dryRun: true })).toMatchObject({ made: [], left: [] })
  expect(told).toEqual(['> plan', 'fetch, then: build the app, then: start the app'])
  expect(host.snapshot()).toEqual(before)
})

test('a stage that can be foreseen is shown whole', async () => {
  const { host, told, run } = setup()
  host.put(source, '{}')
  await run({ dryRun: true })
  expect(told).toEqual(['> plan', `write ${built}, then: start the app`])
})

test('what is certain of a stage that cannot be foreseen is shown, and refused, before anything is done', async () => {
  const { host, told, run } = setup()
  const certain = [file({ path: '/srv/app/.env', content: '', ...access })]
  const stages = fetchBuildStart.map((stage, index) => (index === 1 ? { ...stage, certain } : stage))
  await run({ dryRun: true }, stages)
  expect(told).toEqual(['> plan', 'fetch, then: build the app, write /srv/app/.env, then: start the app'])
  const refusing = fetchBuildStart.map((stage, index) => (index === 1 ? { ...stage, certain: [build] } : stage))
  await expect(run({}, refusing)).rejects.toMatchObject({ reason: 'no_source' })
  expect(host.ran).toEqual([])
})

test('each stage is planned when those before it are done, and shown then', async () => {
  const { host, told, run } = setup()
  const { made, left } = await run()
  expect(made.map(({ title }) => title)).toEqual(['fetch', `write ${built}`, 'start'])
  expect([left, host.contentOf(built)]).toEqual([[], 'built of {}'])
  expect(told).toEqual([
    ...['> plan', 'fetch, then: build the app, then: start the app', '> fetch'],
    ...['> plan: build the app', `write ${built}`, `> write ${built}`],
    ...['> plan: start the app', 'start', '> start', '> verify'],
  ])
  expect(await run()).toEqual({ plan: expect.anything(), made: [], left: [] })
})

test('a failure in the third stage takes back what all three made, last first', async () => {
  const { host, told, run } = setup({ starts: false })
  const before = host.snapshot()
  await expect(run()).rejects.toThrow('start failed.')
  expect(told.slice(-3)).toEqual(['> start', `> undo: write ${built}`, '> undo: fetch'])
  expect(host.snapshot()).toEqual(before)
})

test('a later stage that refuses when its turn comes takes back what was made before it', async () => {
  const { host, run } = setup()
  const before = host.snapshot()
  host.install('fetch', ({ machine }) => {
    machine.put('/srv/app/another.json', '{}')
    return {}
  })
  host.install('unfetch', ({ machine }) => {
    machine.move('/srv/app/another.json', null)
    return {}
  })
  await expect(run()).rejects.toMatchObject({ reason: 'no_source' })
  expect(host.snapshot()).toEqual(before)
})

test('what a stage that can be foreseen refuses is refused before anything is done', async () => {
  const { host, run } = setup()
  const [fetching] = fetchBuildStart
  const refusing = { title: 'refuse', desired: [build] }
  await expect(run({}, fetching ? [fetching, refusing] : [])).rejects.toMatchObject({ reason: 'no_source' })
  expect(host.ran).toEqual([])
})

test('killed after any call, in whichever stage, the next run gets there', async () => {
  const clean = setup()
  await clean.run()
  for (let calls = 0; calls < clean.host.calls; calls += 1) {
    const { host, run } = setup()
    host.dieAfter(calls)
    await run().catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
    host.revive()
    expect((await run()).left).toEqual([])
    expect(host.snapshot(), `killed after ${calls} calls`).toEqual(clean.host.snapshot())
  }
})

test('stopped after any call, in whichever stage, everything is taken back', async () => {
  const clean = setup()
  const before = clean.host.snapshot()
  await clean.run()
  for (let calls = 1; calls < clean.host.calls; calls += 1) {
    const { host, run } = setup()
    const stop = new AbortController()
    host.afterCall((count) => void (count === calls && stop.abort(new Error('canceled'))))
    const ended = await run({ signal: stop.signal }).catch(() => 'stopped')
    if (ended === 'stopped') expect(host.snapshot(), `stopped after ${calls} calls`).toEqual(before)
  }
})

test('a stage with nothing to do is neither shown nor told', async () => {
  const { host, told, run } = setup()
  await run()
  told.length = 0
  host.move('/run/app.pid', null)
  await run()
  expect(told).toEqual(['> plan', 'start', '> start', '> verify'])
})

test('what was done and is yet still to do is told', async () => {
  const { run } = setup()
  const forgetful: Desired = async () => [{ title: 'be forgotten', diff: null, apply: async () => {}, undo: null }]
  expect((await run({}, oneStage([forgetful]))).left).toEqual(['be forgotten'])
})

test('a stage that was foreseen is planned again when its turn comes', async () => {
  const { host, run } = setup()
  host.put(source, 'old')
  const renewed = file({ path: source, content: 'new', ...access })
  const stages = [
    { title: 'renew', desired: [renewed] },
    { title: 'build', desired: [build] },
  ]
  expect((await run({}, stages)).left).toEqual([])
  expect(host.contentOf(built)).toBe('built of new')
})

test('a stage that turns out otherwise in its turn is shown again before it is done', async () => {
  const { host, told, run } = setup()
  host.put(source, 'old')
  const renewed = file({ path: source, content: 'new', ...access })
  const replaced: Desired = async (on) =>
    (await on.read(source)) === 'new' ? ran('start', '/run/app.pid', ['start', 'stop'])(on) : []
  await run({}, [
    { title: 'renew', desired: [renewed] },
    { title: 'start what is new', desired: [replaced] },
  ])
  expect(told).toEqual([
    ...[
      '> plan',
      `change ${source}`,
      `> change ${source}`,
      '> plan: start what is new',
      'start',
      '> start',
      '> verify',
    ],
  ])
})
