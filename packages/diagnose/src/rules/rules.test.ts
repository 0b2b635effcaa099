import { findOrderType } from '@ikoma/api'
import { describe, expect, test } from 'vitest'
import type { Evidence } from '../evidence.ts'
import { judge } from '../rank.ts'
import { place } from '../rule.ts'
import { certificateCases } from '../testing/cases/certificates.ts'
import { dataCases } from '../testing/cases/data.ts'
import { portCases } from '../testing/cases/ports.ts'
import { processCases } from '../testing/cases/processes.ts'
import { serviceCases } from '../testing/cases/service.ts'
import { webCases } from '../testing/cases/web.ts'
import { app, healthy, looping, subject, unit } from '../testing/healthy.ts'
import { django, go, java, node, php, rails } from '../testing/lines/backends.ts'
import { docker, mongo, mysql, nginx, postgres } from '../testing/lines/servers.ts'
import { rules } from './index.ts'

const cases = [serviceCases, portCases, processCases, dataCases, webCases, certificateCases].flat()
const backends = [django, rails, php, java, go, node].flat()
const lineCases = [...backends, ...[mysql, mongo, postgres, docker, nginx].flat()]

function found(changes: Partial<Evidence>) {
  return judge(healthy(changes), rules)
}

test('nothing is wrong with a healthy host, whatever its logs say on a good day', () => {
  expect(found({})).toEqual([])
})

test('what was not looked at is no trouble', () => {
  const nothing = { unit: null, services: {}, logs: [], listeners: null, disks: [], memory: null, files: {} }
  const seen = {
    ...nothing,
    http: null,
    tls: null,
    dns: null,
    docker: null,
    pm2: null,
    firewall: null,
    pastFirewall: null,
  }
  expect(found({ ...seen, clock: { synchronized: null, skewMs: null } })).toEqual([])
})

describe.each(cases)('$rule: $when', ({ rule, evidence, nearMiss, expect: more }) => {
  test('is found, in both languages and with what shows it', () => {
    const finding = found(evidence).find((each) => each.rule === rule)
    expect(finding).toMatchObject({ rule, ...more })
    expect(finding?.evidence).not.toEqual([])
    const { symptom, cause, mend } = finding ?? {}
    for (const words of [symptom, cause, mend?.advice]) {
      expect(words?.en).toMatch(/^\S.*\S$/)
      expect(words?.fr).toMatch(/^\S.*\S$/)
      expect(words?.fr).not.toBe(words?.en)
    }
  })

  test('is not found in what only looks alike', () => {
    expect(found(nearMiss).map((each) => each.rule)).not.toContain(rule)
  })
})

test('every rule has a case, and a name of its own', () => {
  const names = rules.map(({ name }) => name)
  const told = lineCases.flatMap(([, rule]) => rule ?? [])
  expect([...new Set([...cases.map(({ rule }) => rule), ...told])].toSorted()).toEqual(names.toSorted())
  expect(new Set(names).size).toBe(names.length)
})

test('rules explain rules that there are, and never each other in a circle', () => {
  const explains = new Map(rules.map((rule) => [rule.name, rule.explains]))
  const follow = (name: string, path: string[]): void => {
    expect(path, `circle: ${path.join(' -> ')} -> ${name}`).not.toContain(name)
    for (const next of explains.get(name) ?? []) follow(next, [...path, name])
  }
  for (const { name, explains: next } of rules) {
    expect(next.filter((each) => !explains.has(each))).toEqual([])
    follow(name, [])
  }
})

test('no word is left out of what people read', () => {
  const words = cases.flatMap(({ evidence }) =>
    found(evidence).flatMap(({ symptom, cause, mend }) =>
      [symptom, cause, mend.advice].flatMap(({ en, fr }) => [en, fr]),
    ),
  )
  expect(
    words.filter((each) =>
      /undefined|\bnull\b|«\s*»|""| {2}|(?<!bind)\(\)|\b(?:Make|give|chown) (?:and|to|\.)/.test(each),
    ),
  ).toEqual([])
})

describe.each([
  ...[
    '/opt/ikoma',
    '/opt/ikoma/dist',
    '/var/lib/ikoma',
    '/var/lib/ikoma/gateway',
    '/etc',
    '/etc/gateway',
    '/usr/lib/x',
  ],
  ...[
    '/var/lib/postgresql/15',
    '/var/lib/docker',
    '/opt',
    '/srv',
    '/home/other/app',
    '/root/app',
    '/boot',
    '/dev/shm/x',
  ],
  ...['/var/log/nginx', '/opt/containerd/bin', '/var/www', '/', '/srv/ikoma/x', '/var/lib/dpkg/info', '/run/systemd'],
])('rights over %s', (path) => {
  const closed = { kind: 'directory', mode: 0o700, owner: 'root', group: 'root' } as const
  const file = `${path === '/' ? '' : path}/data.db`
  const failed = { active: 'failed', sub: 'failed', result: 'exit-code', upSec: null } as const
  const inDirectory = unit({ ...failed, exitStatus: 200, workingDirectory: path })

  test.each<[string, Partial<Evidence>]>([
    ['a working directory', { unit: inDirectory, files: { [path]: null } }],
    ['one that is closed', { unit: inDirectory, files: { [path]: closed } }],
    ['a log', { unit: looping, files: { [path]: closed }, ...app(`Error: EACCES: permission denied, open '${file}'`) }],
    ['a read-only path', app(`Error: EROFS: read-only file system, open '${file}'`)],
    ['a database', { subject: subject({ sqlitePath: file }), files: { [file]: null, [path]: closed } }],
    ['a database of root', { subject: subject({ sqlitePath: file }), files: { [file]: { ...closed, kind: 'file' } } }],
  ])('are never widened for %s', (_, evidence) => {
    const mends = found(evidence).map(({ mend }) => mend)
    expect(mends.filter(({ order }) => order?.type === 'system.directory.apply')).toEqual([])
    expect(mends.map(({ advice }) => advice.en).filter((en) => /chown|chmod|give it|writable paths/i.test(en))).toEqual(
      [],
    )
  })
})

describe('the orders that would mend', () => {
  const orders = cases.flatMap(({ evidence }) => found(evidence).flatMap(({ mend }) => mend.order ?? []))

  test('are of types in the catalogue, with payloads that it takes', () => {
    for (const { type, payload } of orders) {
      const parsed = findOrderType(type)?.payload.safeParse(payload)
      expect(parsed, `${type} ${JSON.stringify(payload)}`).toMatchObject({ success: true })
    }
  })

  test('are of no other type: a name that is misspelt does not compile, and is never offered', () => {
    const advice = { en: 'Start it.', fr: 'Démarrez-le.' }
    // @ts-expect-error there is no such type
    expect(() => place('service.systemd.restrat', { name: 'gateway' }, advice)).toThrow()
    // @ts-expect-error nor such a payload
    const { order } = place('service.systemd.restart', { unit: 'gateway' }, advice)
    expect(order).toBeNull()
  })
})
