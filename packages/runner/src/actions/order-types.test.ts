import { type CatalogueEntry, catalogue, type OrderTypeName } from '@ikoma/api'
import { expect, test } from 'vitest'
import * as families from '../testing/cases/index.ts'
import { describeOrderType } from '../testing/order-type-case.ts'

const cases = Object.values(families).flat()

for (const each of cases) describeOrderType(each)

/** Change nothing on the machine, or what somebody else wrote; their tests are beside them. */
const withoutCase: OrderTypeName[] = [
  'runner.selftest',
  'system.facts.collect',
  'check.http.run',
  'check.tcp.run',
  'check.tls.run',
  'check.dns.run',
  'shell.run',
]

test('every order type has its case', () => {
  // Some have two: backups lie in a directory or in a bucket.
  const covered = new Set([...cases.map(({ type }) => type), ...withoutCase])
  expect([...covered].toSorted()).toEqual(Object.keys(catalogue).toSorted())
})

test('the catalogue says of each type what its cases show', () => {
  for (const { type, kind, staysAfterStop } of cases) {
    const entry: CatalogueEntry = catalogue[type]
    expect({ type, shape: entry.shape, stays: entry.staysAfterStop }).toEqual({
      type,
      shape: kind,
      stays: staysAfterStop,
    })
  }
})
