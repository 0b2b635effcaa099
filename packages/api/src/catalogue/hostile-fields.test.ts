import { describe, expect, test } from 'vitest'
import { catalogue, type OrderTypeName } from './index.ts'

/** What somebody would write into a field to get out of it. */
const hostileTexts = [
  ...['a\nb', 'a\rb', 'a\0b', '\u2028', 'é', 'a%b', '%h', '{}', '{$HOME}', '$X', '$(id)', '`id`', 'a;b', ';reboot'],
  ...[
    '-x',
    '--x=y',
    '..',
    '../../etc/passwd',
    '/a/../b',
    '//a',
    '/a/',
    '~',
    '*',
    'a|b',
    'a&b',
    '"',
    "'",
    '\\',
    '',
    ' a',
  ],
  ...['nginx-', 'nginx/stable', 'nginx=1', 'any any', '0.0.0.0/33', '::/129', '1:2', 'x'.repeat(10_000), '__proto__'],
]

/** Of the types that look after a machine: a payload that uses every text. */
const payloads: [OrderTypeName, Record<string, unknown>][] = [
  ['system.directory.apply', { path: '/srv/app', owner: 'app', group: 'app', mode: '750' }],
  ['system.user.apply', { name: 'app', home: '/srv/app', shell: '/bin/bash', groups: ['docker'] }],
  ['system.packages.apply', { install: ['curl'], remove: ['nginx'] }],
  ['system.updates.apply', { scope: 'all' }],
  ['system.timezone.apply', { zone: 'Europe/Paris' }],
  ['system.swap.apply', { path: '/swapfile', sizeMib: 64 }],
  [
    'firewall.ufw.apply',
    { incoming: 'deny', rules: [{ port: 22, from: '10.0.0.0/8', action: 'allow', comment: 'SSH' }] },
  ],
  [
    'platform.node.install',
    {
      major: 24,
      source: 'tarball',
      tarball: { version: '24.1.0', sha256: 'a'.repeat(64), baseUrl: 'https://example.com/dist' },
    },
  ],
  ['platform.docker.install', { source: 'docker', minVersion: '20.10' }],
  ['platform.caddy.install', { source: 'debian', minVersion: '2.6' }],
  ['platform.nginx.install', { source: 'debian', minVersion: '1.22' }],
]

/** Nothing that a file, an option or a path could take for something else. */
const harmless = /^(?!-)(?!.*(^|\/)\.\.(\/|$))[A-Za-z0-9._@+:/ -]+$/

describe.each(payloads)('%s', (type, payload) => {
  const { payload: schema } = catalogue[type]
  test.each(placesIn(payload))('takes nothing hostile as %s', (place) => {
    expect(schema.safeParse(payload).success).toBe(true)
    const taken = hostileTexts.filter((text) => schema.safeParse(replaced(payload, place.split('.'), text)).success)
    expect(taken.filter((text) => !harmless.test(text))).toEqual([])
  })
})

function placesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === 'string' ? [key] : placesIn(item).map((place) => `${key}.${place}`),
  )
}

function replaced(value: unknown, [key = '', ...rest]: string[], text: string): unknown {
  const item = rest.length === 0 ? text : replaced((value as Record<string, unknown>)[key], rest, text)
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? item : each))
  return { ...(value as object), [key]: item }
}
