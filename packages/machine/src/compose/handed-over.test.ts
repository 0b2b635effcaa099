import { expect, test } from 'vitest'
import { handedOver } from './handed-over.ts'

const service = {
  image: 'web:1',
  ports: [
    { target: 80, published: '8000', host_ip: '127.0.0.1', protocol: 'tcp' },
    { target: 81, host_ip: '::1', protocol: 'udp' },
    { target: 82, published: '82', protocol: 'tcp' },
    { target: 83, protocol: 'tcp' },
  ],
  volumes: [
    { type: 'bind', source: '/srv/a', target: '/a', read_only: false, bind: { create_host_path: true } },
    { type: 'bind', source: '/srv/b', target: '/b', read_only: true, bind: { propagation: 'rslave', selinux: 'z' } },
    { type: 'volume', source: 'data', target: '/d', read_only: true, volume: { nocopy: true } },
    { type: 'tmpfs', target: '/t', read_only: false, tmpfs: { size: 1024 } },
  ],
  devices: [{ source: '/dev/fuse', target: '/dev/f', permissions: 'r' }, { source: '/dev/null' }],
  depends_on: { db: { condition: 'service_healthy', restart: true } },
  deploy: { replicas: 2, resources: { limits: { cpus: 0.5, memory: 1024 }, reservations: { cpus: 1 } } },
}

const read = (version: 1 | 2) => JSON.parse(handedOver({ volumes: {}, services: { web: service } }, version))

test('version 1 gets texts of parts where it has no long form', () => {
  expect(read(1)).toEqual({
    volumes: {},
    services: {
      web: {
        image: 'web:1',
        ports: ['127.0.0.1:8000:80/tcp', '[::1]::81/udp', '82:82/tcp', '83/tcp'],
        volumes: [
          '/srv/a:/a:rw',
          '/srv/b:/b:ro,rslave,z',
          { type: 'volume', source: 'data', target: '/d', read_only: true, volume: { nocopy: true } },
          { type: 'tmpfs', target: '/t', read_only: false, tmpfs: { size: 1024 } },
        ],
        devices: ['/dev/fuse:/dev/f:r', '/dev/null:/dev/null:rwm'],
        depends_on: { db: { condition: 'service_healthy' } },
        deploy: { replicas: 2, resources: { limits: { cpus: 0.5, memory: '1024' }, reservations: { cpus: 1 } } },
      },
    },
  })
})

test('version 2 gets all in long form', () => {
  const ports = service.ports.map((port) => ({ mode: 'ingress', ...port }))
  expect(read(2)).toEqual({ volumes: {}, services: { web: { ...service, ports } } })
})

test.each([1, 2] as const)(
  'no text has a variable, or a letter that YAML takes for a line break: version %i',
  (version) => {
    const text = handedOver({ services: { web: { command: ['$HOME $$', 'a\u0085b\u2028c\ufeffd é'] } } }, version)
    expect(text).toContain('["$$HOME $$$$","a\\u0085b\\u2028c\\ufeffd é"]')
  },
)
