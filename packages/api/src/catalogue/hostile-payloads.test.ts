import { describe, expect, test } from 'vitest'
import { catalogue } from './index.ts'

const shelf = {
  name: 'app',
  directory: '/var/backups/ikoma',
  s3: {
    endpoint: 'https://s3.example.com:9000',
    region: 'eu-west-3',
    bucket: 'backups.example',
    prefix: 'servers/web-1',
    authFile: '/etc/ikoma/s3',
    rootFile: '/etc/roots.pem',
  },
}
const backup = '20260115T020000Z-1a2b3c'
const connection = {
  runAs: 'postgres',
  role: 'keeper',
  host: '/var/run/postgresql',
  port: 5432,
  authFile: '/etc/app/pgpass',
}

/** Every field of the types that write files for proxies, give certbot its arguments, or reach databases. */
const payloads: Partial<Record<keyof typeof catalogue, Record<string, unknown>>> = {
  'platform.caddy.route.apply': {
    name: 'app',
    domains: ['app.example.com'],
    upstreams: [
      { host: '127.0.0.1', port: 8080 },
      { host: 'backend', port: 8081 },
      { host: '::1', port: 8082 },
    ],
    tls: { directoryUrl: 'https://localhost:14000/dir', directoryRootFile: '/etc/roots.pem', email: 'a@example.com' },
    hiddenPaths: ['/metrics'],
    maxBodyBytes: 1000,
    health: { path: '/health', intervalSec: 10, timeoutSec: 5 },
    logFile: '/var/log/caddy/app.log',
  },
  'platform.caddy.route.remove': { name: 'app' },
  'platform.nginx.site.apply': {
    name: 'app',
    domains: ['app.example.com'],
    upstreams: [{ host: '127.0.0.1', port: 8080 }],
    acmeWebroot: '/var/lib/acme',
    certificate: { chainFile: '/etc/chain.pem', keyFile: '/etc/key.pem' },
    maxBodyBytes: 1000,
    rateLimits: [{ path: '/login', requests: 1, per: 'minute', burst: 0 }],
    connectionsPerClient: 10,
    hiddenPaths: ['/metrics'],
    websocket: true,
    timeouts: { connectSec: 1, readSec: 1, sendSec: 1 },
    ports: { http: 8080, https: 8443 },
  },
  'platform.nginx.site.remove': { name: 'app' },
  'tls.certificate.issue': {
    name: 'app.example.com',
    domains: ['app.example.com'],
    webroot: '/var/lib/acme',
    email: 'a@example.com',
    directoryUrl: 'https://localhost:14000/dir',
    directoryRootFile: '/etc/roots.pem',
  },
  'tls.certificate.renew': { name: 'app', directoryRootFile: '/etc/roots.pem' },
  'tls.certificate.check': {
    file: '/etc/chain.pem',
    endpoint: { host: 'app.example.com', serverName: 'app.example.com', rootFile: '/etc/roots.pem' },
  },
  'db.sqlite.backup': { path: '/srv/app/app.db', ...shelf },
  'db.sqlite.restore': { path: '/srv/app/app.db', ...shelf, backup, owner: 'app' },
  'db.postgres.backup': { database: 'app', ...shelf, ...connection },
  'db.postgres.restore': { database: 'app', ...shelf, ...connection, undo: backup },
  'db.postgres.ready': { ...connection, host: 'db.example.com' },
  // Its `sql` is free text, which no program but PostgreSQL reads.
  'db.postgres.query': { database: 'app', ...connection, sql: 'SELECT 1' },
  'backup.list': shelf,
  'backup.verify': { ...shelf, backup, runAs: 'app' },
  'backup.prune': shelf,
  'redis.info': { host: 'db.example.com', socket: '/run/redis/redis.sock', authFile: '/etc/app/redis' },
}

const freeText = ['sql']

const characters = [
  '\n',
  '\r',
  '\0',
  ' ',
  '%',
  '{',
  '}',
  '{$X}',
  ';',
  '$',
  '$(id)',
  '`',
  '"',
  "'",
  '\\',
  '#',
  '*',
  '\u202e',
  'é',
]
const beginnings = ['-', '--config=', '../', '/../', '//']

describe.each(Object.entries(payloads))('%s', (type, payload) => {
  const accepts = (value: unknown) => catalogue[type as keyof typeof catalogue].payload.safeParse(value).success

  test('takes its payload', () => expect(accepts(payload)).toBe(true))

  test.each(leaves(payload).filter(({ path }) => !freeText.includes(path.join('.'))))(
    'has no room for hostile text in $path',
    ({ path, value }) => {
      const hostile = [
        ...characters.flatMap((character) => [character, `${character}${value}`, `${value}${character}`]),
        ...beginnings.flatMap((beginning) => [beginning, `${beginning}${value}`]),
        `${value}/../../x`,
        value + 'a'.repeat(70_000),
        '',
      ]
      for (const text of hostile) expect(accepts(replaced(payload, path, text)), JSON.stringify(text)).toBe(false)
    },
  )
})

function leaves(value: unknown, path: readonly string[] = []): { path: readonly string[]; value: string }[] {
  if (typeof value === 'string') return [{ path, value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]))
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: string): unknown {
  if (key === undefined) return by
  const copy = structuredClone(value) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

test('nginx is told no path to write its log to', () => {
  const { payload } = catalogue['platform.nginx.site.apply']
  const site = payloads['platform.nginx.site.apply']
  expect(payload.safeParse({ ...site, logFile: '/var/log/nginx/app.log' }).success).toBe(false)
})

test('a process of PM2 is not called what PM2 takes for every one', () => {
  for (const type of ['service.pm2.stop', 'service.pm2.restart', 'service.pm2.logs'] as const) {
    const { payload } = catalogue[type]
    expect(payload.safeParse({ user: 'app', name: 'all' }).success, type).toBe(false)
    expect(payload.safeParse({ user: 'app', name: 'all-of-it' }).success, type).toBe(true)
  }
})
