import { catalogue, type OrderTypeName } from '../index.ts'

export type Payload = Record<string, unknown>

const process = {
  description: 'The gateway of the app',
  user: 'app',
  group: 'web',
  workingDirectory: '/srv/app',
  execStart: ['/usr/bin/node', 'main.js'],
  environment: { PORT: '8080' },
  after: ['postgresql.service'],
  readWritePaths: ['/srv/app/data'],
  memoryMaxBytes: 536_870_912,
  cpuQuotaPercent: 150,
}

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
    plainHttp: false,
  },
}

const connection = {
  runAs: 'postgres',
  role: 'keeper',
  host: '/var/run/postgresql',
  port: 5432,
  authFile: '/etc/app/pgpass',
}

const fall = { suspectFallPercent: 30, mayShrink: ['queue', 'public.visit_*'] }
const ready = { port: 8080, path: '/healthz', withinSec: 60 }
const backup = '20260115T020000Z-1a2b3c'
const range = { lines: 10, since: '2026-01-15T02:00:00Z', until: '2026-01-15T03:00:00+01:00' }
const shop = { name: 'shop', directory: '/srv/shop' }
const proxied = {
  name: 'app',
  domains: ['app.example.com'],
  upstreams: [
    { host: '127.0.0.1', port: 8080 },
    { host: 'backend', port: 8081 },
    { host: '::1', port: 8082 },
  ],
  headers: { 'X-Frame-Options': 'DENY' },
  hiddenPaths: ['/metrics'],
  maxBodyBytes: 1000,
}

const fuller: Partial<Record<OrderTypeName, Payload[]>> = {
  'system.directory.apply': [{ path: '/srv/app', owner: 'app', group: 'app', mode: '750' }],
  'system.user.apply': [{ name: 'app', home: '/srv/app', shell: '/bin/bash', groups: ['docker'] }],
  'system.swap.apply': [{ path: '/swapfile', sizeMib: 64 }],
  'system.packages.apply': [{ install: ['curl'], remove: ['nginx'], upgradeDependencies: true }],
  'system.updates.apply': [{ scope: 'all' }],
  'check.http.run': [
    {
      url: 'https://example.com/health',
      method: 'HEAD',
      expectStatus: [200],
      expectBody: 'ok',
      timeoutMs: 1000,
      waitSec: 5,
    },
  ],
  'check.tcp.run': [{ host: '127.0.0.1', port: 443, timeoutMs: 1000, waitSec: 5 }],
  'check.tls.run': [{ host: 'example.com', port: 443, serverName: 'www.example.com', minDaysLeft: 7, timeoutMs: 1000 }],
  'check.dns.run': [
    { name: 'example.com', type: 'MX', expect: ['10 mail.example.com'], resolver: '9.9.9.9:53', timeoutMs: 1000 },
  ],
  'shell.run': [{ argv: ['/bin/echo', 'a'], cwd: '/srv', env: { LANG: 'C' }, okExitCodes: [0, 1] }],
  'platform.caddy.route.apply': [
    {
      ...proxied,
      tls: { directoryUrl: 'https://localhost:14000/dir', directoryRootFile: '/etc/roots.pem', email: 'a@example.com' },
      health: { path: '/health', intervalSec: 10, timeoutSec: 5 },
      logFile: '/var/log/caddy/app.log',
      keepAliveSec: 4,
      appMayBeDown: true,
    },
    { ...proxied, tls: 'internal' },
  ],
  'platform.nginx.site.apply': [
    {
      ...proxied,
      acmeWebroot: '/var/lib/acme',
      certificate: { chainFile: '/etc/chain.pem', keyFile: '/etc/key.pem' },
      rateLimits: [{ path: '/login', requests: 1, per: 'minute', burst: 0 }],
      connectionsPerClient: 10,
      keepAliveSec: 4,
      appMayBeDown: true,
      websocket: true,
      timeouts: { connectSec: 1, readSec: 1, sendSec: 1 },
      ports: { http: 8080, https: 8443 },
    },
  ],
  'tls.certificate.issue': [
    {
      name: 'app.example.com',
      domains: ['app.example.com'],
      webroot: '/var/lib/acme',
      email: 'a@example.com',
      staging: false,
      directoryUrl: 'https://localhost:14000/dir',
      directoryRootFile: '/etc/roots.pem',
    },
  ],
  'tls.certificate.renew': [{ name: 'app', force: true, directoryRootFile: '/etc/roots.pem' }],
  'tls.certificate.list': [{ warnDays: 7 }],
  'tls.certificate.check': [
    {
      file: '/etc/chain.pem',
      endpoint: {
        host: 'app.example.com',
        port: 8443,
        serverName: 'app.example.com',
        rootFile: '/etc/roots.pem',
        timeoutMs: 1000,
      },
      warnDays: 7,
    },
  ],
  'db.sqlite.backup': [{ path: '/srv/app/app.db', ...shelf, ...fall }],
  'db.sqlite.restore': [
    { path: '/srv/app/app.db', ...shelf, backup, owner: 'app' },
    { path: '/srv/app/app.db', ...shelf, undo: backup },
  ],
  'db.postgres.backup': [{ database: 'app', ...shelf, ...fall, ...connection }],
  'db.postgres.restore': [
    { database: 'app', ...shelf, ...connection, backup },
    { database: 'app', ...shelf, ...connection, undo: backup },
  ],
  'db.postgres.ready': [{ database: 'app', timeoutMs: 1000, ...connection, host: 'db.example.com' }],
  'db.postgres.query': [
    { database: 'app', ...connection, sql: 'SELECT 1', maxRows: 10, maxBytes: 1000, timeoutMs: 1000 },
  ],
  'db.postgres.role.apply': [
    {
      ...{ name: 'shop', login: true, password: 'correct horse', connectionLimit: 20, createdb: true, adopt: true },
      ...{ memberOf: ['pg_read_all_data'], ...connection },
    },
  ],
  'db.postgres.database.apply': [
    {
      ...{ name: 'shop', owner: 'shop', changeOwner: true, encoding: 'UTF8', locale: 'fr_FR.UTF-8', adopt: true },
      ...{ connectionLimit: 20, publicConnect: false, mayConnect: ['reader'], extensions: ['pg_trgm'], ...connection },
    },
  ],
  'backup.list': [{ ...shelf, limit: 10 }],
  'backup.verify': [{ ...shelf, backup, runAs: 'app', accept: true }],
  'backup.prune': [{ ...shelf, keepDays: 30, keepProven: 5 }],
  'service.systemd.apply': [
    { ...process, name: 'gateway', restart: 'on-failure', restartSec: 1, stopTimeoutSec: 10, settleSec: 1, ready },
  ],
  'service.systemd.start': [{ name: 'gateway', settleSec: 1, ready }],
  'service.systemd.restart': [{ name: 'gateway', settleSec: 1, ready }],
  'service.systemd.logs': [{ name: 'gateway', ...range, priority: 'err' }],
  'timer.systemd.apply': [
    {
      ...process,
      name: 'poll',
      timeoutSec: 290,
      schedule: { calendar: '*-*-* 02:00:00 Europe/Paris', persistent: true },
      randomizedDelaySec: 60,
    },
    { ...process, name: 'poll', timeoutSec: 290, schedule: { everySec: 300, afterBootSec: 30 } },
  ],
  'service.compose.up': [
    {
      ...shop,
      file: 'compose.yaml',
      variablesFile: '.env.preprod',
      revision: 'v1.2.3',
      waitSec: 60,
      settleSec: 1,
      ready,
      environment: { web: { PORT: '8080' } },
    },
  ],
  'service.compose.restart': [{ ...shop, service: 'web', waitSec: 60, settleSec: 1, ready }],
  'service.compose.logs': [{ ...shop, service: 'web', ...range }],
  'service.pm2.startup': [{ user: 'app', readWritePaths: ['/srv/app/data'], settleSec: 1 }],
  'service.pm2.apply': [
    {
      user: 'app',
      processes: [
        {
          name: 'web',
          interpreter: '/opt/node/bin/node',
          interpreterArgs: ['--enable-source-maps'],
          script: '/srv/app/a.js',
          args: ['serve'],
          workingDirectory: '/srv/app',
          environment: { PORT: '8080' },
          cron: '*/5 * * * *',
          instances: 2,
          maxMemoryBytes: 536_870_912,
          stopTimeoutMs: 1000,
          outFile: '/srv/app/out.log',
          errorFile: '/srv/app/error.log',
        },
        {
          ...{ name: 'api', script: '/srv/app/b.js', workingDirectory: '/srv/app' },
          ready: { port: 8080, path: '/healthz', withinSec: 20 },
        },
      ],
      settleSec: 1,
    },
  ],
  'service.pm2.restart': [
    { user: 'app', name: 'web', settleSec: 1, ready: { port: 8080, path: '/healthz', withinSec: 20 } },
  ],
  'service.pm2.logs': [{ user: 'app', name: 'web', lines: 10 }],
  'platform.node.install': [
    {
      major: 24,
      source: 'tarball',
      tarball: { version: '24.1.0', sha256: 'a'.repeat(64), baseUrl: 'https://example.com/dist' },
      removeStale: true,
      upgradeDependencies: true,
    },
  ],
  'platform.docker.install': [{ source: 'docker', minVersion: '20.10', removeStale: true, upgradeDependencies: true }],
  'platform.caddy.install': [{ source: 'debian', minVersion: '2.6', removeStale: true, upgradeDependencies: true }],
  'platform.nginx.install': [{ source: 'debian', minVersion: '1.22', removeStale: true, upgradeDependencies: true }],
  'firewall.ufw.apply': [
    {
      incoming: 'deny',
      rules: [
        { action: 'allow', port: 22, from: '10.0.0.0/8', comment: 'SSH' },
        { action: 'limit', port: 60_000, lastPort: 61_000, protocol: 'udp', from: '2001:db8::/32' },
      ],
      confirmWithinSec: 60,
    },
  ],
  'diagnose.run': [
    {
      unit: 'gateway.timer',
      port: 8080,
      url: 'https://example.com/health',
      domain: 'example.com',
      addresses: ['203.0.113.7', '2001:db8::7'],
      sqlitePath: '/srv/app/app.db',
      composeFile: '/srv/app/docker-compose.yml',
      pm2Name: 'web',
      pm2User: 'app',
      sinceMin: 30,
    },
  ],
  'redis.info': [{ host: 'db.example.com', port: 6380, socket: '/run/redis/redis.sock', authFile: '/etc/app/redis' }],
}

/** Valid payloads of each type: its example, and those that use every other field that it has. */
export const samples: [OrderTypeName, Payload[]][] = Object.values(catalogue).map(({ type, example }) => {
  const name = type as OrderTypeName
  return [name, [example as Payload, ...(fuller[name] ?? [])]]
})
