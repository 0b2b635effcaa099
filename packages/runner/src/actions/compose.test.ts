import { catalogue, type OrderTypeName } from '@ikoma/api'
import { composeTools, containersIn, dockerOf } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import { actionContext } from '../testing/action-context.ts'
import { composeMachine } from '../testing/cases/compose.ts'
import { project, revisions, run, up, withService } from '../testing/compose-orders.ts'
import { actions } from './index.ts'

describe('service.compose.up', () => {
  test('speaks to version 2 as to version 1', async () => {
    const machine = composeMachine({ version: 2 })
    await up(machine)
    expect(containersIn(machine, 'shop')).toHaveLength(2)
    const ups = machine.ran.filter((argv) => argv.includes('up'))
    expect(ups).toEqual([
      [
        ...['docker', 'compose', '--project-name', 'shop', '--project-directory', '/srv/shop'],
        // Nothing of the project's folder is left for compose to read.
        ...['--env-file', '/dev/null', '--file', '-', 'up', '--detach', '--build', '--remove-orphans'],
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
      if (call.input) inputs.push(String(call.input))
      return composeTools['docker-compose']?.(call) ?? { code: 1 }
    })
    const environment = { web: { PASSWORD: 'hunter5$x' } }
    const { result, context } = await up(machine, { environment })
    expect(JSON.parse(inputs.at(-1) ?? '').services.web.environment).toEqual({
      TOKEN: 'hunter3',
      PASSWORD: 'hunter5$$x',
    })
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

test.each([false, true])(
  'service.compose.up warns of each port that the outside can reach, dry run %s',
  async (dryRun) => {
    const machine = withService('ports: ["80:80", "127.0.0.1:81:81", "[::]:82-83:82-83"]')
    const context = actionContext({ machine, dryRun })
    const { output } = await actions['service.compose.up'](
      catalogue['service.compose.up'].payload.parse(project),
      context,
    )
    for (const told of [JSON.stringify(output), context.logged.join('\n')]) {
      expect(told).toContain('! services/web/ports/0 is reachable from outside')
      expect(told).not.toContain('ports/1')
      expect(told).toContain('! services/web/ports/2 is reachable from outside')
    }
  },
)

test.each(['-x', '.', '..', '--build', '.git', 'a..b', '_x'])(
  'service.compose.up refuses the revision %s',
  (revision) => {
    const { error } = catalogue['service.compose.up'].payload.safeParse({ ...project, revision })
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['revision'])
  },
)

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
