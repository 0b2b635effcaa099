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
