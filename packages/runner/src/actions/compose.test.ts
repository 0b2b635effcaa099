import { catalogue, type OrderTypeName } from '@ikoma/api'
import { composeTools, containersIn, dockerOf } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import type { Action } from '../order/action.ts'
import { policyOf } from '../order/policy.ts'
import { actionContext } from '../testing/action-context.ts'
import { composeMachine } from '../testing/cases/compose.ts'
import { actions } from './index.ts'

type Machine = ReturnType<typeof composeMachine>
const project = { name: 'shop', directory: '/srv/shop' }

async function run(type: OrderTypeName, given: object, machine: Machine, policy = policyOf({})) {
  const context = actionContext({ machine, policy })
  const result = await (actions[type] as Action<never>)(catalogue[type].payload.parse(given) as never, context)
  return { result, context }
}

const up = (machine: Machine, more: object = {}) => run('service.compose.up', { ...project, ...more }, machine)
const withService = (service: string) =>
  composeMachine({ compose: `services: { web: { image: "web:1", ${service} } }` })
const revisions = (machine: Machine) =>
  Object.fromEntries(containersIn(machine, 'shop').map(({ service, revision }) => [service, revision]))

describe('service.compose.up', () => {
  test('speaks to version 2 as to version 1', async () => {
    const machine = composeMachine({ version: 2 })
    await up(machine)
    expect(containersIn(machine, 'shop')).toHaveLength(2)
    const ups = machine.ran.filter((argv) => argv.includes('up'))
    expect(ups).toEqual([
      [
        ...['docker', 'compose', '--project-name', 'shop', '--project-directory', '/srv/shop'],
        ...['--env-file', '/srv/shop/.env', '--file', '-', 'up', '--detach', '--build', '--remove-orphans'],
      ],
    ])
  })

  test("speaks to this server's Docker, whatever the app's variables say", async () => {
    const machine = composeMachine()
    const environments: Record<string, string>[] = []
    machine.install('docker-compose', (call) => {
      environments.push(call.env)
      return composeTools['docker-compose']?.(call) ?? { code: 1 }
    })
    machine.put('/srv/shop/.env', 'DOCKER_HOST=tcp://127.0.0.1:2375\nPASSWORD=x\n')
    await up(machine)
    const own = {
      DOCKER_HOST: 'unix:///var/run/docker.sock',
      DOCKER_CERT_PATH: '',
      DOCKER_TLS_VERIFY: '',
      DOCKER_CONTEXT: '',
    }
    expect(environments.slice(-1)).toEqual([{ HOME: '/root', ...own }])
  })

  test('tells nobody what the files of variables hold', async () => {
    const { result, context } = await up(composeMachine())
    expect(JSON.stringify([result, context.logged, context.steps])).not.toMatch(/hunter/)
  })

  test('gives containers the variables of the order, and no command line nor message holds them', async () => {
    const machine = composeMachine()
    const inputs: string[] = []
    machine.install('docker-compose', (call) => {
      if (call.input !== undefined) inputs.push(String(call.input))
      return composeTools['docker-compose']?.(call) ?? { code: 1 }
    })
    const environment = { web: { PASSWORD: 'hunter5$x' } }
    const { result, context } = await up(machine, { environment })
    expect(JSON.parse(inputs.at(-1) ?? '').services.web.environment).toEqual({ PASSWORD: 'hunter5$$x' })
    const before = revisions(machine)
    expect((await up(machine, { environment })).result).toMatchObject({ output: { changed: false } })
    await up(machine, { environment: { web: { PASSWORD: 'hunter6' } } })
    expect(revisions(machine)).toMatchObject({ web: expect.not.stringMatching(before.web ?? ''), db: before.db })
    expect(JSON.stringify([machine.ran, result, context.logged, context.steps])).not.toContain('hunter')
    await expect(up(machine, { environment: { wep: {} } })).rejects.toThrow('no such service')
  })

  test('makes anew what a variable changed, and only that', async () => {
    const machine = composeMachine()
    await up(machine)
    const before = revisions(machine)
    machine.put('/srv/shop/.env', 'PASSWORD=other\n')
    const { result } = await up(machine)
    expect(result.output).toMatchObject({ changed: true })
    expect(revisions(machine)).toEqual({ web: before.web, db: expect.not.stringMatching(before.db ?? '') })
    machine.put('/srv/shop/.env.web', 'TOKEN=other\n')
    await up(machine)
    expect(revisions(machine).web).not.toBe(before.web)
  })

  test('builds anew for another revision of the sources', async () => {
    const machine = withService('build: .')
    await up(machine, { revision: 'a1' })
    const before = revisions(machine)
    expect((await up(machine, { revision: 'a1' })).result).toMatchObject({ output: { changed: false } })
    await up(machine, { revision: 'b2' })
    expect(revisions(machine)).not.toEqual(before)
  })

  test('starts again what somebody stopped', async () => {
    const machine = composeMachine()
    await up(machine)
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { state: 'exited', exitCode: 137 })
    expect((await up(machine)).result).toMatchObject({ output: { changed: true } })
  })

  test('leaves a job alone that has ended well', async () => {
    const machine = withService('restart: "no"')
    await up(machine)
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { state: 'exited' })
    expect((await up(machine)).result).toMatchObject({ output: { changed: false } })
  })

  test('takes away what does not stay up, when there was nothing before', async () => {
    const machine = composeMachine({ compose: 'services: { crash: { image: "crash:1", restart: always } }' })
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject({ reason: 'service_does_not_stay_up' })
    expect(machine.snapshot()).toEqual(before)
  })

  test('changes nothing when compose refuses the file', async () => {
    const machine = composeMachine({ compose: 'services: { broken: { image: "x:1" } }' })
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject({ reason: 'tool_failed' })
    expect(machine.snapshot()).toEqual(before)
  })

  test('warns about a port that the outside can reach', async () => {
    const { result } = await up(withService('ports: ["80:80"]'))
    expect(JSON.stringify(result.output)).toContain('! services/web/ports/0 is reachable from outside')
  })

  test('does not take the containers of another folder', async () => {
    const machine = composeMachine({ running: true })
    machine.put('/srv/other/docker-compose.yml', 'services: { web: { image: "x:1" } }')
    const foreign = { reason: 'foreign_project' }
    for (const verb of ['up', 'down', 'restart', 'status', 'logs', 'stats']) {
      const type = `service.compose.${verb}` as OrderTypeName
      await expect(run(type, { ...project, directory: '/srv/other' }, machine)).rejects.toMatchObject(foreign)
    }
  })
})

describe('a compose file that could take the server over', () => {
  const refused = { reason: 'compose_file_refused' }
  test.each([
    'privileged: true',
    'volumes: ["/var/run/docker.sock:/x"]',
    'volumes: ["/:/host"]',
    'network_mode: host',
    'pid: host',
    'cap_add: [SYS_ADMIN]',
    'extends: { file: other.yml, service: x }',
  ])('is refused before anything: %s', async (service) => {
    const machine = withService(service)
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject(refused)
    expect(machine.snapshot()).toEqual(before)
    expect(machine.ran).toEqual([])
  })

  test("may do what this server's policy allows the project's folder, and nothing beside it", async () => {
    const policy = policyOf({ compose: { '/srv/shop': ['docker_socket'] } })
    const socket = 'volumes: ["/var/run/docker.sock:/x"]'
    const order = (service: string, directory = '/srv/shop') => {
      const machine = withService(service)
      machine.put('/srv/other/docker-compose.yml', machine.contentOf('/srv/shop/docker-compose.yml') ?? '')
      return run('service.compose.up', { ...project, directory }, machine, policy)
    }
    expect((await order(socket)).result).toMatchObject({ ok: true })
    await expect(order(socket, '/srv/other')).rejects.toMatchObject(refused)
    await expect(order('privileged: true')).rejects.toMatchObject(refused)
  })

  test("that binds a folder is refused where the app's account could put a link in its place", async () => {
    const machine = withService('volumes: ["./data:/data"]')
    await machine.makeDirectory('/srv/shop', { mode: 0o755, owner: 'shop', group: 'shop' })
    await expect(up(machine)).rejects.toMatchObject({
      reason: 'unsafe_path',
      message: expect.stringContaining('/srv/shop '),
    })
    expect(machine.ran).toEqual([])
    machine.put('/srv/shop/docker-compose.yml', 'services: { web: { image: "web:1", volumes: ["data:/data"] } }')
    expect((await up(machine)).result).toMatchObject({ ok: true })
  })

  test.each([
    ['that is not there', '', 'it is not there'],
    ['that is not YAML', 'services: { secret: hunter2', 'is not YAML'],
    ['that repeats a key', 'services:\n  a: {}\n  a: {}\n', 'is not YAML'],
    ['that is many', 'a: 1\n---\nb: 1\n', 'is not YAML'],
  ])('%s is refused, without a word of it', async (_, compose, why) => {
    const machine = composeMachine({ compose })
    if (compose === '') await machine.remove('/srv/shop/docker-compose.yml')
    const error = await up(machine).catch((caught: Error) => caught)
    expect(error).toMatchObject({ reason: 'compose_file_unreadable', message: expect.stringContaining(why) })
    expect(String(error)).not.toContain('hunter2')
  })
})

test('service.compose.down leaves another project alone', async () => {
  const machine = composeMachine({ running: true })
  const docker = dockerOf(machine)
  const [mine] = containersIn(machine, 'shop')
  docker.containers.other = [{ ...(mine as NonNullable<typeof mine>), id: 'other1', directory: '/srv/other' }]
  await run('service.compose.down', project, machine)
  expect(Object.keys(docker.containers)).toEqual(['other'])
})

test('service.compose.restart says when there is nothing to restart', async () => {
  const { result } = await run('service.compose.restart', { ...project, service: 'nobody' }, composeMachine())
  expect(result).toMatchObject({ ok: false, errors: [{ code: 'no_such_service' }] })
})
