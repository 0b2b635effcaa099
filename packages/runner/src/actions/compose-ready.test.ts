import { composeTools, containersIn, dockerOf } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import { composeMachine } from '../testing/cases/compose.ts'
import { project, run, up, withService } from '../testing/compose-orders.ts'

const ready = { port: 8000, path: '/healthz', withinSec: 30 }
const answer = (status: number) => ({ status, body: '', certificate: null })
const silent = { failure: { code: 'connection_refused' as const, message: '' } }
const published = 'ports: ["127.0.0.1:8000:80"]'

function saying(machine: ReturnType<typeof composeMachine>, ...said: string[]): void {
  dockerOf(machine).logged = said.map((line, at) => `2026-11-21T10:00:0${at}.000000001Z ${line}\n`).join('')
}

describe('the gate of service.compose.up', () => {
  test('is passed when the app answers, however late that is', async () => {
    const machine = withService(published)
    const asked: unknown[] = []
    machine.visited = ({ at, path }) => {
      asked.push([at, path])
      if (asked.length < 5) return silent
      return answer(asked.length < 8 ? 503 : 404)
    }
    expect((await up(machine, { ready })).result).toMatchObject({ ok: true, output: { changed: true } })
    expect(asked).toHaveLength(9)
    expect(asked[0]).toEqual([{ address: '127.0.0.1', port: 8000 }, '/healthz'])
  })

  test('tells the last words of what never answers, and takes away what was not there before', async () => {
    const machine = withService(`${published}, environment: { API_TOKEN: "battery-staple-9" }`)
    saying(machine, 'waiting for a database, asked with battery-staple-9')
    const before = machine.snapshot()
    machine.visited = () => silent
    await expect(up(machine, { ready: { ...ready, withinSec: 1 } })).rejects.toMatchObject({
      reason: 'service_not_ready',
      message:
        'shop runs, and does not answer /healthz on port 8000 within 1 s. It said:\nwaiting for a database, asked with [REDACTED]\nMore: service.compose.logs, or docker logs shop_web_1.',
    })
    expect(machine.snapshot()).toEqual(before)
  })

  test('is asked again by the same order, though the containers are as the file says', async () => {
    const machine = withService(published)
    await up(machine, { ready })
    expect((await up(machine, { ready })).result).toMatchObject({ output: { changed: false } })
    machine.visited = () => silent
    const again = up(machine, { ready: { ...ready, withinSec: 1 } })
    await expect(again).rejects.toMatchObject({ reason: 'service_not_ready' })
    expect(containersIn(machine, 'shop')).toHaveLength(1)
  })

  test('fails as soon as a container ends, though another program answers there', async () => {
    const machine = withService(published)
    saying(machine, 'Error: no such table')
    machine.visited = () => {
      Object.assign(containersIn(machine, 'shop')[0] ?? {}, { state: 'exited', exitCode: 1 })
      return answer(200)
    }
    await expect(up(machine, { ready })).rejects.toMatchObject({
      reason: 'service_does_not_stay_up',
      message: expect.stringMatching(/shop_web_1 does not stay up: it is exited, exit code 1.*Error: no such table/s),
    })
  })

  test.each([
    ['no port', 'restart: "no"'],
    ['another port', 'ports: ["127.0.0.1:8001:8000"]'],
    ['a port that Docker chooses', 'ports: ["8000"]'],
    ['another address', 'ports: ["192.0.2.1:8000:8000"]'],
    ['another protocol', 'ports: ["127.0.0.1:8000:8000/udp"]'],
  ])(
    'refuses before anything changes where the file publishes %s: another program would answer',
    async (_, service) => {
      const machine = withService(service)
      const before = machine.snapshot()
      await expect(up(machine, { ready })).rejects.toMatchObject({
        reason: 'port_not_published',
        message: expect.stringContaining('ready/port: no service of /srv/shop/docker-compose.yml publishes port 8000'),
      })
      expect(machine.snapshot()).toEqual(before)
    },
  )

  test.each(['ports: ["8000:80"]', 'ports: ["7999-8001:80"]', 'ports: ["7990-8000:80-90"]'])(
    'knows %s',
    async (service) => {
      expect((await up(withService(service), { ready })).result).toMatchObject({ ok: true })
    },
  )
})

describe('without a place that answers', () => {
  test('what Docker starts again and again says why, without what is secret', async () => {
    const machine = composeMachine({
      compose: 'services: { crash: { image: "crash:1", restart: always, environment: { DB: "$PASSWORD" } } }',
    })
    saying(machine, 'Error: refused', 'with hunter2')
    const crash = await up(machine).catch((error: Error) => error)
    expect(crash).toMatchObject({ reason: 'service_does_not_stay_up' })
    const { message } = crash as Error
    expect(message).toContain(
      'It said:\nError: refused\nwith [REDACTED]\nMore: service.compose.logs, or docker logs shop_crash_1',
    )
  })

  test('the same order watches again what Docker has just started again, though it runs at the moment', async () => {
    const machine = withService('restart: always')
    await up(machine)
    const again = () => Object.assign(containersIn(machine, 'shop')[0] ?? {}, { startedAt: new Date().toISOString() })
    again()
    machine.install('sleep', () => {
      Object.assign(again(), { restarts: 8 })
      return {}
    })
    await expect(up(machine, { settleSec: 60 })).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
  })

  test('one that does not become healthy says why', async () => {
    const machine = withService('healthcheck: { test: ["CMD", "false"] }')
    saying(machine, 'migrating')
    machine.install('sleep', () => ({}))
    await expect(up(machine, { waitSec: 5, settleSec: 5 })).rejects.toMatchObject({
      message: expect.stringMatching(/it is running, starting, .* It said:\nmigrating\n/s),
    })
  })

  test('a container that is gone does not stay up', async () => {
    const machine = withService('restart: "no"')
    machine.install('sleep', () => {
      dockerOf(machine).containers = {}
      return {}
    })
    await expect(up(machine)).rejects.toMatchObject({ message: expect.stringContaining('it is gone') })
  })
})

test('service.compose.restart has the same gate and tells no line of the run before', async () => {
  const machine = composeMachine({ running: true })
  saying(machine, 'of this run')
  dockerOf(machine).ports = { web1: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8000' }], '81/tcp': null } }
  machine.visited = () => silent
  const order = { ...project, service: 'web', ready: { ...ready, withinSec: 1 } }
  await expect(run('service.compose.restart', order, machine)).rejects.toMatchObject({
    reason: 'service_not_ready',
    message: expect.stringContaining('It said:\nof this run\n'),
  })
  expect(machine.ran.filter(([, verb]) => verb === 'logs')).toEqual([
    ['docker', 'logs', '--timestamps', '--tail=12', '--since=2026-11-21T08:00:00.000Z', '--', 'web1'],
  ])
  machine.visited = () => answer(200)
  expect((await run('service.compose.restart', { ...order }, machine)).result).toMatchObject({ ok: true })
})

test('service.compose.restart is refused before anything is restarted where the containers publish another port', async () => {
  const machine = composeMachine({ running: true })
  dockerOf(machine).ports = { web1: { '8000/tcp': [{ HostIp: '', HostPort: '8001' }] } }
  await expect(run('service.compose.restart', { ...project, ready }, machine)).rejects.toMatchObject({
    reason: 'port_not_published',
    message: expect.stringContaining('ready/port: no container of shop publishes port 8000'),
  })
  expect(machine.ran.flat()).not.toContain('restart')
})

test('what compose itself waited for in vain says why', async () => {
  const machine = withService('restart: always')
  saying(machine, 'no space left')
  machine.install('docker-compose', (call) => {
    const done = composeTools['docker-compose']?.(call) ?? { code: 1 }
    if (!call.args.includes('up')) return done
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { state: 'restarting', exitCode: 1 })
    return { code: 1, stderr: 'dependency failed to start' }
  })
  await expect(up(machine)).rejects.toMatchObject({
    reason: 'tool_failed',
    message: expect.stringMatching(/dependency failed to start\nshop_web_1 does not stay up: .*no space left/s),
  })
})
