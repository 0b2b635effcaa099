import { findOrderType } from '@ikoma/api'
import { describe, expect, test } from 'vitest'
import type { Evidence } from '../evidence.ts'
import { judge } from '../rank.ts'
import { place } from '../rule.ts'
import { dataCases } from '../testing/cases/data.ts'
import { serviceCases } from '../testing/cases/service.ts'
import { webCases } from '../testing/cases/web.ts'
import { healthy } from '../testing/healthy.ts'
import { django, go, java, node, php, rails } from '../testing/lines/backends.ts'
import { docker, mongo, mysql, nginx, postgres } from '../testing/lines/servers.ts'
import { rules } from './index.ts'

const cases = [...serviceCases, ...dataCases, ...webCases]
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
