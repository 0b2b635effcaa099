// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose
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

describe('what is secret in a project', () => {
  test('is hidden in what compose says, also when it fails', async () => {
    const machine = composeMachine({ version: 2 })
    machine.put('/srv/shop/.env', 'PASSWORD=correct-horse-battery\nMODE=production\n')
    machine.put('/srv/shop/.env.web', "LICENCE='AB12-CD34-EF56'\nPASSWORD=another-one-99\n")
    machine.install('docker', (call) =>
      call.args.includes('up')
        ? { code: 1, stderr: 'production: correct-horse-battery and AB12-CD34-EF56, another-one-99' }
        : (composeTools.docker?.(call) ?? { code: 1 }),
    )
    const { message } = (await up(machine).catch((caught: Error) => caught)) as Error
    expect(message).toContain('production: [REDACTED] and [REDACTED], [REDACTED]')
  })

  test('is hidden in the logs of its containers, whichever of them it belongs to', async () => {
    const machine = composeMachine({ running: true })
    const docker = dockerOf(machine)
    const [web] = containersIn(machine, 'shop')
    docker.containers.shop?.push({ ...(web as NonNullable<typeof web>), id: 'db1', service: 'db', name: 'shop_db_1' })
    docker.environments = {
      db1: ['POSTGRES_PASSWORD=correct-horse-battery', 'PATH=/usr/bin:/bin'],
      web1: ['NODE_ENV=production'],
    }
    machine.put('/srv/shop/.env', 'export API="AB12-CD34-EF56" # x\n')
    machine.put('/srv/shop/.env.web', 'URL=postgres://shop:sesame99@db/shop\nnot a line\n')
    const said = 'production correct-horse-battery AB12-CD34-EF56 sesame99 /usr/bin'
    const tools = { ...composeTools }
    machine.install('docker', (call) =>
      call.args[0] === 'logs' ? { stdout: `2026-11-21T10:00:00Z ${said}\n` } : (tools.docker?.(call) ?? { code: 1 }),
    )
    const { result } = await run('service.compose.logs', { ...project, service: 'web' }, machine)
    expect(result.output).toMatchObject({
      lines: [{ message: 'production [REDACTED] [REDACTED] [REDACTED] /usr/bin' }],
    })
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
    ['that is not there', 'none', 'it is not there'],
    ['that is not YAML', 'services: { secret: hunter2', 'is not YAML'],
    ['that repeats a key', 'services:\n  a: {}\n  a: {}\n', 'is not YAML'],
    ['that is many', 'a: 1\n---\nb: 1\n', 'is not YAML'],
    ['that is empty', '', 'it is empty: services is missing'],
    ['that is a comment', '# services\n', 'it is empty: services is missing'],
    ['that is a list', '- web\n', 'it is not a mapping with services'],
    ['without services', 'version: "3"\n', 'services: it has none'],
    ['with services and none among them', 'services: {}\n', 'services: it has none'],
    ['with services that are nothing', 'services:\n', 'services: it has none'],
    ['with a service of nothing', 'services:\n  web:\n', 'services/web: it has neither image nor build'],
  ])('%s is refused, without a word of it', async (_, compose, why) => {
    const machine = composeMachine({ compose })
    if (compose === 'none') await machine.remove('/srv/shop/docker-compose.yml')
    const error = await up(machine).catch((caught: Error) => caught)
    expect(error).toMatchObject({ reason: 'compose_file_unreadable', message: expect.stringContaining(why) })
    expect(String(error)).not.toContain('hunter2')
  })
})

/** What compose was given of a project with this service, as the version of it that is installed would read it. */
async function handed(service: string, { version = 2, files = {} as Record<string, string> } = {}) {
  const machine = composeMachine({
    version,
    compose: `services: { web: { image: "web:1", ${service} }, db: { image: "db:1" } }`,
  })
  for (const [path, content] of Object.entries(files)) machine.put(path, content)
  const inputs: string[] = []
  for (const name of ['docker', 'docker-compose']) {
    machine.install(name, (call) => {
      if (call.input !== '') inputs.push(call.input)
      return composeTools[name]?.(call) ?? { code: 1 }
    })
  }
  await up(machine)
  expect(new Set(inputs).size).toBe(1)
  const { labels: _, ...web } = JSON.parse(inputs[0] ?? '').services.web
  return web
}

describe('a project that runs', () => {
  test.each(['', 'services: {}\n', 'version: "3"\n', '- web\n'])('is not removed by the file %j', async (compose) => {
    const machine = composeMachine({ running: true, compose })
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject({ reason: 'compose_file_unreadable' })
    expect(machine.snapshot()).toEqual(before)
    expect(machine.ran).toEqual([])
  })

  test('keeps what its other files made, and is told of it', async () => {
    const machine = composeMachine({ running: true, compose: 'services: { api: { image: "api:1" } }' })
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { configFiles: '/srv/shop/a.yml,/srv/shop/b.yml' })
    const before = machine.snapshot()
    await expect(up(machine)).rejects.toMatchObject({
      reason: 'other_compose_files',
      message: expect.stringContaining('web is made of /srv/shop/a.yml and /srv/shop/b.yml'),
    })
    expect(machine.snapshot()).toEqual(before)
    Object.assign(containersIn(machine, 'shop')[0] ?? {}, { configFiles: '/srv/shop/docker-compose.yml' })
    expect((await up(machine)).result).toMatchObject({ ok: true })
  })

  test('runs the services of the profiles of COMPOSE_PROFILES', async () => {
    const compose =
      'services: { web: { image: "w:1", profiles: [debug] }, job: { image: "j:1", profiles: [once] }, db: { image: "d:1" } }'
    const handedOver = async (variables: string) => {
      const machine = composeMachine({ compose, version: 2 })
      machine.put('/srv/shop/.env', variables)
      let input = ''
      machine.install('docker', (call) => {
        input = call.input || input
        return composeTools.docker?.(call) ?? { code: 1 }
      })
      await up(machine).catch(() => undefined)
      const { services } = JSON.parse(input) as { services: Record<string, { profiles?: string[] }> }
      return Object.keys(services).filter((name) => services[name]?.profiles === undefined)
    }
    expect(await handedOver('COMPOSE_PROFILES=debug\n')).toEqual(['web', 'db'])
    expect(await handedOver('COMPOSE_PROFILES=debug,once\n')).toEqual(['web', 'job', 'db'])
    expect(await handedOver('COMPOSE_PROFILES=*\n')).toEqual(['web', 'job', 'db'])
    expect(await handedOver('A=1\n')).toEqual(['db'])
  })
})

describe('the compose file of a folder', () => {
  const text = 'services: { web: { image: "web:1" } }'
  async function foundAmong(names: readonly string[], given: object = {}) {
    const machine = composeMachine({ compose: text })
    await machine.remove('/srv/shop/docker-compose.yml')
    for (const name of names) machine.put(`/srv/shop/${name}`, text)
    return up(machine, given)
  }

  test.each(['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'])('may be %s', async (name) => {
    expect((await foundAmong([name])).result).toMatchObject({ ok: true })
  })

  test.each([
    [['compose.yaml', 'docker-compose.yml'], '! docker-compose.yml is not read, only compose.yaml.'],
    [['compose.yaml', 'compose.override.yaml'], '! compose.override.yaml is not read, only compose.yaml.'],
    [['docker-compose.yml', 'docker-compose.override.yml'], '! docker-compose.override.yml is not read'],
  ])('beside others is told: %j', async (names, told) => {
    expect(JSON.stringify((await foundAmong(names)).result)).toContain(told)
  })

  test('beside those of COMPOSE_FILE is told', async () => {
    const machine = composeMachine({ compose: text })
    machine.put('/srv/shop/.env', 'COMPOSE_FILE=docker-compose.yml:prod.yml\n')
    const told = JSON.stringify((await up(machine)).result)
    expect(told).toContain('! COMPOSE_FILE of .env names prod.yml is not read')
  })

  test('is looked for by name, and those that are there are named', async () => {
    await expect(foundAmong(['compose.yaml'], { file: 'prod.yml' })).rejects.toThrow(
      '/srv/shop/prod.yml cannot be run: it is not there; compose.yaml is.',
    )
    await expect(foundAmong([])).rejects.toThrow('nor is compose.yml, docker-compose.yml, docker-compose.yaml')
  })
})

describe('what compose gets', () => {
  test('has every number as it was written, and none through a float', async () => {
    const web = await handed(`
      environment: { GUILD_ID: 812345678901234567, RELEASE: 12e4567, VERSION: 1.10, MASK: 0022, HEX: 0xFF, BIG: 99999999999999999999999, GROUPED: 1_000, TINY: -0.0, DAY: 2026-11-21, TIME: 22:22, YES: yes, TRUE: true, ON: yes, 1: one, HALF: .5, INF: .inf },
      labels: { build: 20261121000000000001 }, command: [serve, 1e3, 010], user: 1000, cpus: 0.50, scale: 0x2,
      secrets: [{ source: s, mode: 0440 }], stop_grace_period: 10s, mem_limit: 1073741824, privileged: no, tty: off`)
    expect(web).toMatchObject({
      environment: {
        ...{ GUILD_ID: '812345678901234567', RELEASE: '12e4567', VERSION: '1.10', MASK: '0022', HEX: '0xFF' },
        ...{ BIG: '99999999999999999999999', GROUPED: '1_000', TINY: '-0.0', DAY: '2026-11-21', TIME: '22:22' },
        ...{ YES: 'yes', TRUE: 'true', ON: 'yes', 1: 'one', HALF: '.5', INF: '.inf' },
      },
      ...{ command: ['serve', '1e3', '010'], user: '1000', cpus: 0.5, scale: 2, mem_limit: 1_073_741_824 },
      ...{ secrets: [{ source: 's', mode: 0o440 }], tty: false },
    })
    expect(web).not.toHaveProperty('privileged')
  })

  test('has a number where a variable holds one', async () => {
    const service = (value: string) => handed(`deploy: { replicas: "${value}" }`)
    expect((await service('$' + '{N:-2}')).deploy).toEqual({ replicas: 2 })
    await expect(service('$' + '{N:-many}')).rejects.toThrow('services/web/deploy/replicas is not a whole number')
  })

  test('may be written with as many aliases as it likes, within what they stand for', async () => {
    const lines = Array.from({ length: 150 }, (_, index) => `  s${index}: { <<: *base, hostname: h${index} }`)
    const compose = ['x-base: &base { image: "web:1", restart: always, labels: { a: b } }', 'services:', ...lines].join(
      '\n',
    )
    const machine = composeMachine({ compose })
    expect((await up(machine)).result).toMatchObject({ ok: true })
    expect(containersIn(machine, 'shop')).toHaveLength(150)
  })

  test.each([
    ['command: echo a && echo b', 'Correct it or take it out.'],
    ['privileged: true', "Take it out, or allow it in this server's policy."],
    ['privileged: true, command: echo a && echo b', "this server's policy can allow services/web/privileged."],
    ['extends: { service: db }', 'Correct it or take it out.'],
  ])('%s is refused with a cure that there is', async (service, cure) => {
    const { message } = (await handed(service).catch((caught: Error) => caught)) as Error
    expect(message).toContain(cure)
  })

  test.each([
    ['volumes: ["C:x/../../../..:/host"]', 'services/web/volumes/0'],
    ['volumes: ["C:/host"]', 'services/web/volumes/0'],
    ['volumes: ["\\\\\\\\.\\\\pipe\\\\x:/x"]', 'services/web/volumes/0'],
    ['volumes: ["a/../../..:/host"]', 'services/web/volumes/0'],
    ['volumes: ["é:/../..:/host"]', 'services/web/volumes/0'],
    ['volumes: ["data:/data:ro:x"]', 'services/web/volumes/0'],
    ['volumes: ["./data:/data:shared"]', 'services/web/volumes/0'],
    ['volumes: [{ type: volume, source: "C:x/../../../..", target: /host }]', 'services/web/volumes/0/source'],
    ['volumes: [{ type: volume, source: data, target: /x, volume: { subpath: ../.. } }]', 'volume/subpath'],
    ['ports: ["1:22-23"]', 'services/web/ports/0'],
    ['ports: ["example.test:80:80"]', 'services/web/ports/0'],
    ['command: "echo `id`"', 'services/web/command'],
    ['command: echo a && echo b', 'services/web/command'],
    ['extends: { service: db }', 'services/web/extends'],
    ['build: { context: ., cache_from: ["type=local,src=/etc"] }', 'build/cache_from/0'],
    ['environment: { "<<": x }', 'services/web/environment'],
    ['labels: ["com.docker.compose.project=other"]', 'services/web/labels'],
    ['mem_limit: much', 'services/web/mem_limit'],
    ['healthcheck: { interval: 30 }', 'services/web/healthcheck/interval'],
    ['privileged: !reset null', 'line 1'],
  ])('has nothing that was not understood: %s', async (service, field) => {
    const error = await handed(service).catch((caught: Error) => caught)
    expect(error).toMatchObject({ reason: expect.stringMatching(/^compose_file_(refused|unreadable)$/) })
    expect(String(error)).toContain(field)
  })

  test('has the long form of all that has a short one', async () => {
    const web = await handed(
      `
      volumes: ["./data:/data:ro", "kept:/kept/", /anonymous],
      ports: [80, "127.0.0.1:8000:8000", "5000-5001:6000-6001/udp", "[::1]:1:1"],
      environment: ["A=b=c", GREETING, NOBODY],
      command: sh -c "echo $$HOME 'x y'", entrypoint: '', healthcheck: { test: "true || false" },
      depends_on: [db], networks: [default], ulimits: { nofile: 10 }, extra_hosts: ["a:::1", "b=10.0.0.1"],
      labels: [x=y], tmpfs: /run, dns: 10.0.0.1, mem_limit: 64m, secrets: [s]`,
      {
        files: { '/srv/shop/.env': 'GREETING=bonjour\n' },
      },
    )
    const binds = { create_host_path: true }
    expect(web).toEqual({
      image: 'web:1',
      volumes: [
        { type: 'bind', source: '/srv/shop/data', target: '/data', read_only: true, bind: binds },
        { type: 'volume', source: 'kept', target: '/kept', read_only: false },
        { type: 'volume', target: '/anonymous', read_only: false },
      ],
      ports: [
        { mode: 'ingress', target: 80, protocol: 'tcp' },
        { mode: 'ingress', target: 8000, published: '8000', host_ip: '127.0.0.1', protocol: 'tcp' },
        { mode: 'ingress', target: 6000, published: '5000', protocol: 'udp' },
        { mode: 'ingress', target: 6001, published: '5001', protocol: 'udp' },
        { mode: 'ingress', target: 1, published: '1', host_ip: '::1', protocol: 'tcp' },
      ],
      environment: { A: 'b=c', GREETING: 'bonjour' },
      command: ['sh', '-c', "echo $$HOME 'x y'"],
      entrypoint: [],
      healthcheck: { test: ['CMD-SHELL', 'true || false'] },
      depends_on: { db: { condition: 'service_started' } },
      networks: { default: {} },
      ulimits: { nofile: { soft: 10, hard: 10 } },
      extra_hosts: { a: '::1', b: '10.0.0.1' },
      tmpfs: ['/run'],
      dns: ['10.0.0.1'],
      mem_limit: 67_108_864,
      secrets: [{ source: 's' }],
    })
  })

  test('has no variable that compose could replace once more', async () => {
    const files = { '/srv/shop/.env': "A='${B}$$C'\nB=b\n" }
    const web = await handed('environment: { X: "${A}", Y: "$$A", Z: "${NO:-${B}}" }', { files })
    expect(web.environment).toEqual({ X: '$${B}$$$$C', Y: '$$A', Z: 'b' })
  })

  test('judges what a variable holds, not its name', async () => {
    const mount = (folder: string) =>
      handed('volumes: ["${FOLDER}:/x"]', { files: { '/srv/shop/.env': `FOLDER=${folder}\n` } })
    expect((await mount('./data')).volumes).toMatchObject([{ type: 'bind', source: '/srv/shop/data' }])
    for (const folder of ['/', '../other', '/var/run/docker.sock', "'$HOME'"]) {
      await expect(mount(folder)).rejects.toMatchObject({ reason: 'compose_file_refused' })
    }
  })

  test('holds what the files of variables hold, and not their names', async () => {
    const files = {
      '/srv/shop/x.env': '# x\nexport TOKEN="a\\nb" # c\nOTHER=$GREETING\n',
      '/srv/shop/.env': 'GREETING=hello',
    }
    const service = 'env_file: [x.env, { path: none.env, required: false }], environment: { OTHER2: x }'
    expect(await handed(service, { files })).toEqual({
      ...{ image: 'web:1', environment: { TOKEN: 'a\nb', OTHER: 'hello', OTHER2: 'x' } },
    })
    const labels = { '/srv/shop/labels': 'com.docker.compose.project=other' }
    await expect(handed('label_file: labels', { files: labels })).rejects.toMatchObject({
      reason: 'compose_file_unreadable',
    })
    await expect(handed('env_file: none.env')).rejects.toMatchObject({ reason: 'compose_file_unreadable' })
  })

  test('has for version 1, which has no long form of these, texts that hold no other colon', async () => {
    const web = await handed('ports: ["127.0.0.1:1:1", "[::1]:2:2", 3], volumes: ["./data:/data:ro", "kept:/kept"]', {
      version: 1,
    })
    expect(web).toMatchObject({
      ports: ['127.0.0.1:1:1/tcp', '[::1]:2:2/tcp', '3/tcp'],
      volumes: ['/srv/shop/data:/data:ro', { type: 'volume', source: 'kept', target: '/kept', read_only: false }],
    })
  })
})

describe("a folder of the app's own account", () => {
  const app = { mode: 0o644, owner: 'shop', group: 'shop' }
  async function shopOf(service: string) {
    const machine = withService(service)
    const compose = machine.contentOf('/srv/shop/docker-compose.yml') ?? ''
    machine.put('/srv/shop/docker-compose.yml', compose, app)
    await machine.makeDirectory('/srv/shop', { ...app, mode: 0o755 })
    machine.put('/srv/other/secret', 'KEY=sesame\n', { mode: 0o600, owner: 'root', group: 'root' })
    return machine
  }
  const unsafe = { reason: 'unsafe_path' }

  test('may not have a file of variables that its account could not read', async () => {
    const machine = await shopOf('env_file: x.env')
    machine.put('/srv/shop/x.env', 'KEY=sesame\n', { mode: 0o600, owner: 'other', group: 'other' })
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    machine.put('/srv/shop/x.env', 'KEY=own\n', { ...app, mode: 0o600 })
    expect((await up(machine)).result).toMatchObject({ ok: true })
    machine.put('/srv/shop/.env', 'KEY=sesame\n', { mode: 0o600, owner: 'root', group: 'root' })
    await expect(up(machine)).rejects.toMatchObject(unsafe)
  })

  test('has each file of it opened once, and what it then held is what compose gets', async () => {
    const machine = await shopOf('env_file: x.env')
    dockerOf(machine).version = 2
    machine.put('/srv/shop/x.env', 'KEY=own\n', { ...app, mode: 0o600 })
    const inputs: string[] = []
    machine.install('docker', (call) => {
      inputs.push(call.input)
      // What its account does between two looks of ours.
      machine.putLink('/srv/shop/x.env', '/srv/other/secret')
      return composeTools.docker?.(call) ?? { code: 1 }
    })
    await up(machine).catch(() => undefined)
    expect(inputs.join()).not.toContain('sesame')
    expect(inputs.find((input) => input !== '')).toContain('"environment":{"KEY":"own"}')
    expect(inputs.join()).not.toContain('x.env')
  })

  test('is not built of, where its account could put a link in the place of a file', async () => {
    const machine = await shopOf('build: .')
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    const closed = withService('build: .')
    closed.put('/srv/shop/src/main.js', '1', app)
    await closed.makeDirectory('/srv/shop/src', { ...app, mode: 0o755 })
    await expect(up(closed)).rejects.toMatchObject({ ...unsafe, message: expect.stringContaining('/srv/shop/src ') })
    await closed.makeDirectory('/srv/shop/src', { mode: 0o755, owner: 'root', group: 'root' })
    expect((await up(closed)).result).toMatchObject({ ok: true })
  })

  test('is not built of where a container writes, unless that is left out', async () => {
    const machine = withService('build: ., volumes: ["./logs:/logs"]')
    await expect(up(machine)).rejects.toMatchObject({ ...unsafe, message: expect.stringContaining('/srv/shop/logs ') })
    machine.put('/srv/shop/.dockerignore', '# x\nlogs/\n!logs/x\n')
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    machine.put('/srv/shop/.dockerignore', '# x\r\n/logs/\r\nnode_modules\n')
    machine.putDirectory('/srv/shop/node_modules/x', { ...app, mode: 0o755 })
    expect((await up(machine)).result).toMatchObject({ ok: true })
    machine.put('/srv/shop/.dockerignore', '/logs/\nnode_modules\n', app)
    await expect(up(machine)).rejects.toMatchObject(unsafe)
    machine.put('/srv/shop/.dockerignore', '/logs/\nnode_modules\n')
    machine.put('/srv/shop/Dockerfile.dockerignore', '')
    await expect(up(machine)).rejects.toMatchObject(unsafe)
  })

  test('has no secret or config bound that it could exchange', async () => {
    const machine = await shopOf('secrets: [s]')
    machine.put(
      '/srv/shop/docker-compose.yml',
      'services: { web: { image: x, secrets: [s] } }\nsecrets: { s: { file: s } }',
      app,
    )
    await expect(up(machine)).rejects.toMatchObject(unsafe)
  })
})

const bomb = () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 12; level += 1) lines.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`)}]`)
  return lines.join('\n')
}

test.each([
  ['a bomb of aliases', bomb(), 'more than 20000 values'],
  ['an alias of nothing', 'services: *nobody', 'BAD_ALIAS|alias'],
  ['an alias of itself', 'services: &a [*a]', 'compose_file|nested|alias'],
  ['brackets without end', '['.repeat(100_000), 'nested|not YAML'],
  ['mappings within mappings', `${'{a: '.repeat(60)}1${'}'.repeat(60)}`, 'nested'],
  ['a tag of another reader', 'services: !!python/object:os.system {}', 'not read|not YAML'],
  ['another YAML', '%YAML 1.1\n---\nservices: { a: { mode: 22:22 } }', 'version'],
  ['too much of it', `x-a: "${'y'.repeat(300_000)}"`, 'characters'],
])('service.compose.up says which file cannot be read, and why: %s', async (_, compose, why) => {
  const error = await up(composeMachine({ compose })).catch((caught: Error) => caught)
  expect(error).toMatchObject({ reason: 'compose_file_unreadable' })
  expect(String(error)).toMatch(new RegExp(`/srv/shop/docker-compose.yml cannot be run: .*(${why})`))
})

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
