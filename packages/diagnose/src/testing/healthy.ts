import type { Evidence, LogLine, Pm2Process } from '../evidence.ts'

/** The gateway of document 1, as it should be. */
export function healthy(changes: Partial<Evidence> = {}): Evidence {
  const owned = { kind: 'file', mode: 0o640, owner: 'gateway', group: 'gateway' } as const
  return {
    subject: {
      unit: 'gateway.service',
      port: 8080,
      url: 'https://automate.ikomadigit.com/',
      domain: 'automate.ikomadigit.com',
      addresses: [],
      sqlitePath: '/srv/gateway/gateway.db',
      composeFile: '/srv/blingauto/docker-compose.preprod.yml',
      pm2Name: 'keybuzz-backend',
      pm2User: 'keybuzz',
      sinceMin: 60,
    },
    unit: {
      load: 'loaded',
      active: 'active',
      sub: 'running',
      result: 'success',
      restarts: 0,
      exitStatus: 0,
      upSec: 86_400,
      user: 'gateway',
      workingDirectory: '/srv/gateway',
      environmentFiles: ['/etc/systemd/system/gateway.service.env'],
      requiredFiles: ['/etc/systemd/system/gateway.service.env'],
      variables: ['PORT'],
      program: '/usr/bin/node',
      ...{ type: 'simple', dynamicUser: false, userExists: null, needsReload: false },
    },
    managedUnits: ['gateway.service'],
    services: {
      'caddy.service': 'active',
      'postgresql.service': 'active',
      'redis-server.service': 'active',
      'docker.service': 'active',
    },
    logs: everyday(),
    listeners: [
      { address: '127.0.0.1', port: 8080, process: 'node', pid: 812, unit: 'gateway.service' },
      { address: '*', port: 80, process: 'caddy', pid: 700, unit: 'caddy.service' },
      { address: '*', port: 443, process: 'caddy', pid: 700, unit: 'caddy.service' },
      { address: '127.0.0.1', port: 5432, process: 'postgres', pid: 600, unit: 'postgresql@15-main.service' },
      { address: '127.0.0.1', port: 6379, process: 'redis-server', pid: 610, unit: 'redis-server.service' },
    ],
    disks: [{ mount: '/', usedPercent: 61, availableBytes: 15_000_000_000, inodesUsedPercent: 12 }],
    memory: { availableBytes: 2_000_000_000, swapBytes: 0 },
    files: {
      '/srv/gateway/gateway.db': owned,
      '/srv/gateway': { ...owned, kind: 'directory', mode: 0o750 },
      '/etc/systemd/system/gateway.service.env': { ...owned, owner: 'root', group: 'root', mode: 0o600 },
    },
    migrations: 'drizzle',
    askedAt: 0,
    http: { url: 'https://automate.ikomadigit.com/', status: 200, server: 'Caddy' },
    tls: { problem: null, message: 'The certificate is valid for 62 more days.', issuer: 'R11', daysLeft: 62 },
    dns: { answers: ['203.0.113.7'], failure: null, own: ['203.0.113.7', '10.0.0.4'] },
    docker: { running: true, project: 'blingauto', containers: [aContainer()] },
    pm2: pm2State({}),
    firewall: { active: true, openPorts: [22, 80, 443] },
    pastFirewall: { ports: [] },
    unfinishedPackages: [],
    keepAlive: null,
    clock: { synchronized: true, skewMs: 40 },
    notLookedAt: [],
    ...changes,
  }
}

export function aContainer(changes = {}) {
  const name = 'blingauto-api-1'
  return {
    name,
    service: 'api',
    status: 'running',
    exitCode: 0,
    outOfMemory: false,
    restarts: 0,
    upSec: 86_400,
    health: 'healthy',
    ...changes,
  }
}

export function pm2State(changes: Partial<Pm2Process>): Pm2Process {
  return { status: 'online', restarts: 0, upSec: 86_400, exitCode: null, leftOut: null, ...changes }
}

export function subject(changes: Partial<Evidence['subject']>): Evidence['subject'] {
  return { ...healthy().subject, ...changes }
}

export function unit(changes: Partial<NonNullable<Evidence['unit']>>): NonNullable<Evidence['unit']> {
  return { ...(healthy().unit as NonNullable<Evidence['unit']>), ...changes }
}

/** A unit that ends soon after each start. */
export const looping = unit({
  active: 'activating',
  sub: 'auto-restart',
  result: 'exit-code',
  restarts: 12,
  exitStatus: 1,
  upSec: null,
})

export function said(source: string, ...texts: string[]): { logs: LogLine[] } {
  return { logs: texts.map((text) => ({ source, text })) }
}

export function app(...texts: string[]) {
  return said('gateway.service', ...texts)
}

/** What programs say on a good day, near enough to trouble to tempt a careless rule. */
function everyday(): LogLine[] {
  return [
    ...app(
      'Started Ikoma Gateway Service.',
      '{"level":30,"msg":"listening on :8080, address was already in use by nobody"}',
      'port 8080 is free',
      'migration 0003_tables applied; no such migration is pending',
      'NOTICE:  relation "runners" already exists, skipping',
      'DATABASE_URL is set, JWT_SECRET is set',
      'permission check passed for user admin',
      'connected to redis at 127.0.0.1:6379',
      'pg pool: 3 of 10 connections idle',
      'GET /oauth/callback 302 12ms',
      'error rate 0.0 %',
      'token refreshed, expires in 3600 s',
      'disk check: 15 GB left on device /dev/vda1',
      'memory: 120 MB of 512 MB heap used',
    ).logs,
    ...said(
      'caddy.service',
      'info tls.obtain certificate obtained successfully automate.ikomadigit.com',
      'info http.log.access handled request',
      'warn http no OCSP server specified in certificate',
    ).logs,
    ...said('nginx.service', '2026/11/21 16:20:01 [notice] 700#700: signal process started').logs,
    ...said('certbot', 'Certificate not yet due for renewal').logs,
  ]
}
