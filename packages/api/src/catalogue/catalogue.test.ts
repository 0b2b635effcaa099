import { anyScopeAllows, scopePattern } from '@ikoma/domain'
import { describe, expect, test } from 'vitest'
import { type CatalogueEntry, catalogue, describeCatalogue, findOrderType, typesAllowedBy } from './index.ts'

const entries = Object.entries<CatalogueEntry>(catalogue)

describe.each(entries)('%s', (name, entry) => {
  test('is filed under its own name, written domain.noun.verb or shorter', () => {
    expect(entry.type).toBe(name)
    expect(name).toMatch(/^[a-z0-9]+(\.[a-z0-9]+){1,3}$/)
  })

  test('says what it does in both languages', () => {
    expect(entry.title.en).not.toBe('')
    expect(entry.title.fr).not.toBe('')
  })

  test('asks for a scope that covers it, or for none', () => {
    if (entry.requiredScope === null) return
    expect(entry.requiredScope).toMatch(scopePattern)
    expect(anyScopeAllows([entry.requiredScope], name)).toBe(true)
  })

  test('needs approval when it is destructive', () => {
    if (entry.risk === 'destructive') expect(entry.approval).toBe(true)
  })

  test('refuses a payload with a field it does not know', () => {
    expect(entry.payload.safeParse({ ...samples[name], unknownField: 1 }).success).toBe(false)
    expect(entry.payload.safeParse(samples[name]).success).toBe(true)
  })

  test('has JSON Schemas', () => {
    const described = describeCatalogue().find(({ type }) => type === name)
    expect(described?.payloadSchema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(described?.outputSchema).toMatchObject({ type: 'object' })
  })
})

const process = { user: 'app', workingDirectory: '/srv/app', execStart: ['/usr/bin/node', 'main.js'] }
const project = { name: 'shop', directory: '/srv/shop' }

/** A payload of each type; a new type needs one here. */
const samples: Record<string, Record<string, unknown>> = {
  'runner.selftest': {},
  'system.facts.collect': {},
  'check.http.run': { url: 'https://example.com' },
  'check.tcp.run': { host: 'example.com', port: 443 },
  'check.tls.run': { host: 'example.com' },
  'check.dns.run': { name: 'example.com' },
  'shell.run': { argv: ['/bin/true'] },
  'system.directory.apply': { path: '/var/lib/app' },
  'firewall.ufw.apply': { rules: [{ port: 22 }] },
  'firewall.ufw.confirm': {},
  'firewall.ufw.status': {},
  'platform.node.install': { major: 20 },
  'platform.docker.install': {},
  'platform.caddy.install': {},
  'platform.nginx.install': {},
  'system.updates.apply': {},
  'system.timezone.apply': { zone: 'Europe/Paris' },
  'system.swap.apply': { sizeMib: 1024 },
  'system.packages.apply': { install: ['curl'] },
  'system.user.apply': { name: 'app', home: '/var/lib/app' },
  'platform.caddy.route.apply': { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
  'platform.caddy.route.remove': { name: 'app' },
  'platform.caddy.route.list': {},
  'platform.nginx.site.apply': { name: 'app', domains: ['app.example.com'], upstreams: [{ port: 8080 }] },
  'platform.nginx.site.remove': { name: 'app' },
  'platform.nginx.site.list': {},
  'tls.certificate.issue': { domains: ['app.example.com'] },
  'tls.certificate.renew': {},
  'tls.certificate.list': {},
  'tls.certificate.check': { file: '/etc/letsencrypt/live/app.example.com/fullchain.pem' },
  'db.sqlite.backup': { path: '/var/lib/app/app.db', name: 'app' },
  'db.sqlite.restore': { path: '/var/lib/app/app.db', name: 'app', backup: '20260115T020000Z-1a2b3c' },
  'db.postgres.backup': { database: 'app', name: 'app' },
  'db.postgres.restore': { database: 'app', name: 'app', backup: '20260115T020000Z-1a2b3c' },
  'db.postgres.ready': {},
  'db.postgres.query': { database: 'app', sql: 'SELECT 1', runAs: 'reader' },
  'backup.list': { name: 'app' },
  'backup.verify': { name: 'app' },
  'backup.prune': { name: 'app' },
  'service.systemd.apply': { ...process, name: 'gateway', description: 'Gateway' },
  'service.systemd.start': { name: 'gateway' },
  'service.systemd.stop': { name: 'gateway' },
  'service.systemd.restart': { name: 'gateway' },
  'service.systemd.status': { name: 'gateway' },
  'service.systemd.logs': { name: 'gateway' },
  'service.systemd.remove': { name: 'gateway' },
  'timer.systemd.apply': {
    ...process,
    name: 'poll',
    description: 'Poll',
    timeoutSec: 290,
    schedule: { everySec: 300 },
  },
  'timer.systemd.remove': { name: 'poll' },
  'service.compose.up': project,
  'service.compose.down': project,
  'service.compose.restart': project,
  'service.compose.status': project,
  'service.compose.logs': project,
  'service.compose.stats': project,
  'service.pm2.startup': { user: 'app' },
  'service.pm2.apply': {
    user: 'app',
    processes: [{ name: 'web', script: '/srv/app/a.js', workingDirectory: '/srv/app' }],
  },
  'service.pm2.restart': { user: 'app', name: 'web' },
  'service.pm2.stop': { user: 'app', name: 'web' },
  'service.pm2.status': { user: 'app' },
  'service.pm2.logs': { user: 'app', name: 'web' },
  'service.pm2.save': { user: 'app' },
  'service.pm2.remove': { user: 'app' },
  'diagnose.run': { unit: 'gateway', port: 8080 },
  'redis.info': {},
}

test('scopes give the types they cover, by whole segments, and the self-test to everybody', () => {
  expect(typesAllowedBy([])).toEqual(['runner.selftest'])
  expect(typesAllowedBy(['check.http'])).toEqual(['runner.selftest', 'check.http.run'])
  expect(typesAllowedBy(['che'])).toEqual(['runner.selftest'])
  expect(typesAllowedBy(['*'])).toEqual(Object.keys(catalogue))
})

test('a name from the prototype is no type', () => {
  expect(findOrderType('constructor')).toBeNull()
  expect(findOrderType('__proto__')).toBeNull()
})

test('orders that change the units of systemd, or the swap, take turns', () => {
  const changing = Object.values(catalogue).filter(({ risk }) => risk !== 'read')
  const turnsOf = (prefix: string) =>
    new Set(changing.filter(({ type }) => type.startsWith(prefix)).map((each) => (each as { turn?: string }).turn))
  expect(turnsOf('service.systemd.')).toEqual(new Set(['systemd']))
  expect(turnsOf('system.swap.')).toEqual(new Set(['swap']))
})
