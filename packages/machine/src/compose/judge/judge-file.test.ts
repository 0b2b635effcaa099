import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { goldens, renderGolden } from '../../testing/goldens.ts'
import { inspectComposeFile } from './judge-file.ts'

const root = '/srv/apps/blingauto'

/** `field: reason` of what is forbidden in one service that has this beside its image. */
function forbiddenIn(service: string): string[] {
  return forbidden(`services: { api: { image: "api:1", ${service} } }`).map((found) =>
    found.replace('services/api/', ''),
  )
}

function forbidden(file: string): string[] {
  const { findings } = inspectComposeFile(parse(file, { merge: true }), root)
  return findings.filter(({ severity }) => severity === 'forbidden').map(({ field, reason }) => `${field}: ${reason}`)
}

describe('a compose file of somebody else', () => {
  it.each([
    ['privileged: true', 'privileged: privileged'],
    ['privileged: "true"', 'privileged: privileged'],
    ['pid: host', 'pid: shared_namespace'],
    ['ipc: host', 'ipc: shared_namespace'],
    ['network_mode: host', 'network_mode: shared_namespace'],
    ['network_mode: "container:keybuzz"', 'network_mode: shared_namespace'],
    ['userns_mode: host', 'userns_mode: shared_namespace'],
    ['uts: host', 'uts: shared_namespace'],
    ['cgroup: host', 'cgroup: shared_namespace'],
    ['cap_add: [SYS_ADMIN]', 'cap_add: capabilities'],
    ['devices: ["/dev/sda:/dev/sda"]', 'devices: devices'],
    ['device_cgroup_rules: ["a *:* rwm"]', 'device_cgroup_rules: devices'],
    ['security_opt: ["apparmor:unconfined"]', 'security_opt/0: security_option'],
    ['security_opt: ["no-new-privileges:true", "seccomp=unconfined"]', 'security_opt/1: security_option'],
    ['env_file: ../keybuzz/.env.production', 'env_file: outside_root'],
    ['env_file: [{ path: /etc/shadow }]', 'env_file/0: outside_root'],
    ['label_file: /etc/passwd', 'label_file: outside_root'],
    ['extends: { file: ../other.yml, service: x }', 'extends/file: outside_root'],
    ['build: ..', 'build: outside_root'],
    ['build: "https://github.com/x/y.git"', 'build: remote'],
    ['build: "git@github.com:x/y.git"', 'build: remote'],
    ['build: { context: app, dockerfile: ../../Dockerfile }', 'build/dockerfile: outside_root'],
    ['build: { context: ., network: host }', 'build/network: shared_namespace'],
    ['build: { context: ., ssh: [default] }', 'build/ssh: unknown_key'],
    ['build: { context: ., additional_contexts: { x: / } }', 'build/additional_contexts: unknown_key'],
    [
      'deploy: { resources: { reservations: { devices: [{}] } } }',
      'deploy/resources/reservations/devices: unknown_key',
    ],
    ['logging: { driver: syslog, options: { syslog-address: "unix:///run/x" } }', 'logging/driver: driver'],
    ['annotations: { x: y }', 'annotations: unknown_key'],
    ['runtime: nvidia', 'runtime: unknown_key'],
    ['volumes_from: ["container:keybuzz"]', 'volumes_from: unknown_key'],
    ['post_start: [{ command: id, privileged: true }]', 'post_start: unknown_key'],
    ['provider: { type: anything }', 'provider: unknown_key'],
    ['use_api_socket: true', 'use_api_socket: unknown_key'],
  ])('may not say %s', (service, finding) => {
    expect(forbiddenIn(service)).toEqual([finding])
  })

  it.each([
    ['/var/run/docker.sock:/var/run/docker.sock', 'docker_socket'],
    ['./run/docker.sock:/x', 'docker_socket'],
    ['/:/host', 'outside_root'],
    ['/srv/apps/blingauto2:/x', 'outside_root'],
    ['../keybuzz:/x:ro', 'outside_root'],
    ['./logs/../../keybuzz:/x', 'outside_root'],
    ['~/x:/x', 'outside_root'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of compose
    ['${SOCKET:-/var/run/x}:/x', 'interpolated'],
    ['$PWD/../..:/x', 'interpolated'],
  ])('may not mount %s', (mount, reason) => {
    expect(forbiddenIn(`volumes: ["${mount}"]`)).toEqual([`volumes/0/source: ${reason}`])
    const [source] = mount.startsWith('$') ? [mount] : mount.split(':')
    expect(forbiddenIn(`volumes: [{ type: bind, source: "${source}", target: /x }]`)).toEqual([
      `volumes/0/source: ${reason}`,
    ])
  })

  it.each([
    ['include: ["oci://registry.example.com/x"]', 'include/0: remote'],
    ['include: [{ path: ../x.yml }]', 'include/0/path: outside_root'],
    ['include: [{ path: x.yml, project_directory: / }]', 'include/0/project_directory: outside_root'],
    ['volumes: { x: { driver_opts: { type: none, o: bind, device: / } } }', 'volumes/x/driver_opts: driver_options'],
    ['volumes: { x: { driver: sshfs } }', 'volumes/x/driver: driver'],
    ['volumes: { x: { external: true } }', 'volumes/x/external: foreign'],
    ['volumes: { x: { name: keybuzz_data } }', 'volumes/x/name: foreign'],
    ['networks: { x: { external: { name: host } } }', 'networks/x/external: foreign'],
    ['networks: { x: { driver: host } }', 'networks/x/driver: driver'],
    ['secrets: { x: { file: /etc/shadow } }', 'secrets/x/file: outside_root'],
    ['secrets: { x: { environment: IKOMA_ADMIN_KEY } }', 'secrets/x/environment: server_environment'],
    ['configs: { x: { file: ../x } }', 'configs/x/file: outside_root'],
    ['models: { x: {} }', 'models: unknown_key'],
    ['services: []', 'services: not_understood'],
    ['[]', ': not_understood'],
    ['services: { a: { <<: { privileged: true } } }', 'services/a/privileged: privileged'],
    ['services: { a: 1 }', 'services/a: not_understood'],
    ['services: { a: { toString: 1 } }', 'services/a/toString: unknown_key'],
  ])('may not say %s', (file, finding) => {
    expect(forbidden(file)).toEqual([finding])
  })

  it('is warned about ports that the outside can reach', () => {
    const ports = [
      '8080:80',
      80,
      '80',
      '0.0.0.0:80:80',
      '[::]:80:80',
      '3000-3005:80/udp',
      { target: 80, published: 80 },
    ]
    const loopback = [
      '127.0.0.1:80:80',
      '127.0.0.1::80',
      '[::1]:80:80/tcp',
      { target: 80, published: 80, host_ip: '127.0.0.1' },
    ]
    const { findings } = inspectComposeFile({ services: { a: { ports: [...ports, ...loopback] } } }, root)
    expect(findings.map(({ field, severity }) => [field, severity])).toEqual(
      ports.map((_, index) => [`services/a/ports/${index}`, 'warning']),
    )
  })

  it.each([
    ['volumes: ["./data:/data", "./data/sub:/sub:ro"]', ['volumes/1/source: nested_mount']],
    ['volumes: [".:/app", "./data:/data"]', ['volumes/1/source: nested_mount']],
    ['volumes: [{ type: bind, source: ./data, target: /x }, "./data/x:/y"]', ['volumes/1/source: nested_mount']],
    ['volumes: ["./data:/data"], env_file: data/env', ['env_file: nested_mount']],
    ['volumes: ["./data:/data:ro", "./data/sub:/sub"]', []],
    ['volumes: ["./data:/data", "./data:/again", "./database:/x", "data:/y"]', []],
  ])('may not take anything from below what it writes to: %s', (service, findings) => {
    expect(forbiddenIn(service).sort()).toEqual(findings)
  })

  it('may not take a secret from below what another service writes to', () => {
    const file = 'services: { a: { image: x, volumes: ["./data:/data"] } }\nsecrets: { s: { file: data/secret } }'
    expect(forbidden(file)).toEqual(['secrets/s/file: nested_mount'])
  })

  it('may use what stays in its folder, and says which paths are still to be resolved', () => {
    const service = {
      build: '.',
      env_file: '.env',
      volumes: ['./logs:/logs', 'data:/data', '/anonymous', `${root}/x:/x`],
    }
    const report = inspectComposeFile({ services: { a: service }, volumes: { data: null }, 'x-note': {} }, root)
    expect(report.findings).toEqual([])
    expect(report.paths.sort()).toEqual([root, `${root}/.env`, `${root}/logs`, `${root}/x`])
    expect(report.binds.sort()).toEqual([`${root}/logs`, `${root}/x`])
  })

  it('that names another file of its folder needs that one inspected too', () => {
    const { findings } = inspectComposeFile(
      { include: ['x.yml'], services: { a: { extends: { file: 'y.yml' } } } },
      root,
    )
    expect(findings.map(({ field, reason }) => [field, reason])).toEqual([
      ['include/0', 'other_file'],
      ['services/a/extends/file', 'other_file'],
    ])
  })

  it.each(goldens.filter(({ kind }) => kind === 'compose'))('finds nothing in what IKOMA renders: $name', (golden) => {
    expect(inspectComposeFile(parse(renderGolden(golden)), root).findings).toEqual([])
  })
})
