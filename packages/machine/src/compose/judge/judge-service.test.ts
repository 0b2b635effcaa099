import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { composeDangers, inspectComposeFile } from './judge-file.ts'

const root = '/srv/shop'

function inspected(service: string) {
  const { findings, understood } = inspectComposeFile(parse(`services: { web: { ${service} } }`), root)
  const [first] = findings
  return { found: first && `${first.field.replace('services/web/', '')}: ${first.reason}`, understood }
}

test.each<[string, unknown]>([
  ['command: run --port "8 0" \'a b\' c\\ d', { command: ['run', '--port', '8 0', 'a b', 'c d'] }],
  ['command: "run #not-first x#y"', 'command: not_understood'],
  ['command: "# nothing"', 'command: not_understood'],
  ['command: "run x#y"', { command: ['run', 'x#y'] }],
  ['command: "run | sh"', 'command: not_understood'],
  ['healthcheck: { disable: true, retries: 3 }', { healthcheck: { disable: true } }],
  [
    'healthcheck: { test: curl -f x, disable: false, retries: 0, interval: 5s }',
    { healthcheck: { test: ['CMD-SHELL', 'curl -f x'], retries: 0, interval: '5s' } },
  ],
  ['healthcheck: { test: [NONE] }', { healthcheck: { test: ['NONE'] } }],
  ['healthcheck: { test: [curl] }', 'healthcheck/test: not_understood'],
  ['healthcheck: { interval: 5 }', 'healthcheck/interval: not_understood'],
  ['depends_on: [db]', { depends_on: { db: { condition: 'service_started' } } }],
  [
    'depends_on: { db: { condition: service_healthy, restart: true } }',
    { depends_on: { db: { condition: 'service_healthy', restart: true } } },
  ],
  ['depends_on: { db: { condition: service_healthy_soon } }', 'depends_on/db/condition: not_understood'],
  ['networks: [front, back]', { networks: { front: {}, back: {} } }],
  ['networks: { front: { aliases: [a] }, back: }', { networks: { front: { aliases: ['a'] }, back: {} } }],
  ['cpu_shares: 0', { cpu_shares: 0 }],
  ['cpu_shares: -1', 'cpu_shares: not_understood'],
  ['pids_limit: -1', { pids_limit: -1 }],
  ['ulimits: { nofile: 1024 }', { ulimits: { nofile: { soft: 1024, hard: 1024 } } }],
  ['ulimits: { nofile: { soft: 1, hard: -1 } }', { ulimits: { nofile: { soft: 1, hard: -1 } } }],
  ['mem_limit: 1.5m', { mem_limit: 1_572_864 }],
  ['memswap_limit: -1', { memswap_limit: -1 }],
  ['mem_limit: -1', 'mem_limit: not_understood'],
  ['cpus: "0.5"', { cpus: 0.5 }],
  ['init: "Yes"', { init: true }],
  ['init: maybe', 'init: not_understood'],
  ['environment: [A=1, B, C=x=y]', { environment: { A: '1', B: null, C: 'x=y' } }],
  ['environment: { A: 1, B: }', { environment: { A: '1', B: null } }],
  ['environment: [=1]', 'environment/0: not_understood'],
  ['labels: { com.docker.x: 1 }', 'labels/com.docker.x: not_understood'],
  [
    'logging: { driver: local, options: [max-size=5m, compress] }',
    { logging: { driver: 'local', options: { 'max-size': '5m', compress: '' } } },
  ],
  ['restart: no', { restart: 'no' }],
  ['restart: false', { restart: 'no' }],
  ['restart: on-failure:3', { restart: 'on-failure:3' }],
  ['restart: always-ish', 'restart: not_understood'],
  ['extra_hosts: ["a=::1", "b:10.0.0.1", "b:10.0.0.2"]', { extra_hosts: { a: '::1', b: ['10.0.0.1', '10.0.0.2'] } }],
  ['extra_hosts: { a: host-gateway }', { extra_hosts: { a: 'host-gateway' } }],
  ['extra_hosts: ["a=b"]', 'extra_hosts: not_understood'],
  ['tmpfs: "/run/:size=64m,mode=1777"', { tmpfs: ['/run:size=64m,mode=1777'] }],
  ['tmpfs: "/run:size=64m,bind"', 'tmpfs: not_understood'],
  ['dns: 10.0.0.53', { dns: ['10.0.0.53'] }],
  ['dns: resolver', 'dns: not_understood'],
  ['expose: [80, 90-91/udp]', { expose: ['80', '90-91/udp'] }],
  ['security_opt: ["no-new-privileges:true"]', { security_opt: ['no-new-privileges:true'] }],
  ['privileged: false', {}],
  ['cap_add: []', {}],
  ['x-note: anything', {}],
])('of %s is understood what it says, or nothing', (service, expected) => {
  const { found, understood } = inspected(service)
  if (typeof expected === 'string') return expect(found).toBe(expected)
  expect([found, understood]).toEqual([undefined, { services: { web: expected } }])
})

const bind = { type: 'bind', source: `${root}/a`, target: '/a' }

test.each<[string, unknown]>([
  ['./a:/a', { ...bind, read_only: false, bind: { create_host_path: true } }],
  [
    './a:/a/:ro,rslave,Z',
    { ...bind, read_only: true, bind: { create_host_path: true, propagation: 'rslave', selinux: 'Z' } },
  ],
  ['./a:/a:rw,cached', { ...bind, read_only: false, bind: { create_host_path: true } }],
  ['./a:/a:zz', 'volumes/0: not_understood'],
  ['./a:/a:shared', 'volumes/0: not_understood'],
  ['./a:/a:nocopy', 'volumes/0: not_understood'],
  ['data:/d:nocopy', { type: 'volume', source: 'data', target: '/d', read_only: false, volume: { nocopy: true } }],
  ['data:/d:z', 'volumes/0: not_understood'],
  ['data:d', 'volumes/0: not_understood'],
  ['a/b:/d', 'volumes/0/source: not_understood'],
  ['/d', { type: 'volume', target: '/d', read_only: false }],
  ['{ type: bind, source: ./a, target: /a }', { ...bind, read_only: false, bind: { create_host_path: true } }],
  [
    '{ type: bind, source: ./a, target: /a, read_only: true, bind: { create_host_path: false, selinux: z } }',
    { ...bind, read_only: true, bind: { create_host_path: false, selinux: 'z' } },
  ],
  ['{ type: bind, source: ./a, target: /a, bind: { selinux: zz } }', 'volumes/0/bind/selinux: not_understood'],
  [
    '{ type: bind, source: ./a, target: /a, bind: { propagation: shared } }',
    'volumes/0/bind/propagation: not_understood',
  ],
  ['{ type: bind, source: ./a }', 'volumes/0/target: not_understood'],
  [
    '{ type: volume, source: data, target: /d, read_only: true }',
    { type: 'volume', source: 'data', target: '/d', read_only: true },
  ],
  ['{ type: volume, source: ./a, target: /d }', 'volumes/0/source: not_understood'],
  ['{ type: volume, source: /etc, target: /d }', 'volumes/0/source: outside_root'],
  ['{ type: tmpfs, target: /t, tmpfs: { size: 1k, mode: "1777" } }', 'volumes/0/tmpfs/mode: not_understood'],
  [
    '{ type: tmpfs, target: /t, tmpfs: { size: 1k, mode: "0700" } }',
    { type: 'tmpfs', target: '/t', read_only: false, tmpfs: { size: 1024, mode: 0o700 } },
  ],
  ['{ type: npipe, source: a, target: /t }', 'volumes/0: mount_type'],
])('the mount %s', (mount, expected) => {
  const { found, understood } = inspected(`volumes: [${mount.startsWith('{') ? mount : `"${mount}"`}]`)
  if (typeof expected === 'string') return expect(found).toBe(expected)
  expect([found, understood]).toEqual([undefined, { services: { web: { volumes: [expected] } } }])
})

test('a volume that is named in the text of a folder is neither', () => {
  expect(inspected('volumes: [{ type: volume, source: a/b, target: /d }]').found).toBe(
    'volumes/0/source: not_understood',
  )
})

const local = { host_ip: '127.0.0.1', protocol: 'tcp' }

test.each<[string, unknown]>([
  [
    '127.0.0.1:8000-8001:80-81',
    [
      { target: 80, published: '8000', ...local },
      { target: 81, published: '8001', ...local },
    ],
  ],
  ['127.0.0.1:8000-8002:80-81', 'ports/0: not_understood'],
  ['127.0.0.1:8000-8002:80', [{ target: 80, published: '8000-8002', ...local }]],
  ['x127.0.0.1:80:80', 'ports/0: not_understood'],
  ['127.0.0.1:80x:80', 'ports/0: not_understood'],
  ['127.0.0.1:80:80/tls', 'ports/0: not_understood'],
  ['127.0.0.1:80:0', 'ports/0: not_understood'],
  ['127.0.0.1:1:65535', [{ target: 65_535, published: '1', ...local }]],
  ['127.0.0.1:1:65536', 'ports/0: not_understood'],
  ['127.0.0.1:81-80:80', 'ports/0: not_understood'],
])('the port %s', (port, expected) => {
  const { found, understood } = inspected(`ports: ["${port}"]`)
  if (typeof expected === 'string') return expect(found).toBe(expected)
  expect([found, understood]).toEqual([undefined, { services: { web: { ports: expected } } }])
})

test('a project has so many ports and no more', () => {
  const ports = (last: number) => inspected(`ports: ["127.0.0.1::1-${last}", "127.0.0.1::3000"]`).found
  expect([
    ports(2000),
    inspected('ports: ["127.0.0.1::1-1999", "127.0.0.1::2000-2001", "127.0.0.1::1"]').found,
  ]).toEqual([undefined, 'ports/2: not_understood'])
})

const context = `${root}/app`

test.each<[string, unknown, string[]]>([
  [
    'build: app',
    { context, dockerfile: `${context}/Dockerfile` },
    ['/.dockerignore', '/Dockerfile', '/Dockerfile.dockerignore'],
  ],
  [
    'build: { context: app, dockerfile: prod/Dockerfile, args: [A=1] }',
    { context, dockerfile: `${context}/prod/Dockerfile`, args: { A: '1' } },
    ['/.dockerignore', '/prod/Dockerfile', '/prod/Dockerfile.dockerignore'],
  ],
  ['build: { context: app, dockerfile_inline: FROM x }', { context, dockerfile_inline: 'FROM x' }, ['/.dockerignore']],
])('of %s all files are named that say what is built', (service, expected, recipes) => {
  const report = inspectComposeFile(parse(`services: { web: { ${service} } }`), root)
  expect(report).toMatchObject({
    findings: [],
    contexts: [context],
    understood: { services: { web: { build: expected } } },
  })
  expect(report.recipes).toEqual(recipes.map((each) => context + each))
})

test('files of variables are read in the order they are named in', () => {
  const { understood } = inspected('env_file: [.env, { path: more, required: false, format: raw }]')
  expect(understood).toMatchObject({
    services: {
      web: {
        env_file: [
          { path: `${root}/.env`, required: true, raw: false },
          { path: `${root}/more`, required: false, raw: true },
        ],
      },
    },
  })
})

test('a driver that is no name is not handed over, though the server allows others', () => {
  const { findings } = inspectComposeFile(parse('services: { web: { logging: { driver: "a b" } } }'), root)
  expect(findings.map(({ reason }) => reason)).toEqual(['driver', 'not_understood'])
})

test('of what can be judged each danger may be allowed', () => {
  expect([...composeDangers].sort()).toEqual([
    ...['capabilities', 'devices', 'docker_socket', 'driver', 'foreign'],
    ...['outside_root', 'privileged', 'security_option', 'shared_namespace'],
  ])
})
