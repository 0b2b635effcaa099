// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose
import { containersIn } from '@ikoma/machine/testing/compose-tools'
import { describe, expect, test } from 'vitest'
import { composeMachine } from '../testing/cases/compose.ts'
import { handed, up } from '../testing/compose-orders.ts'

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
