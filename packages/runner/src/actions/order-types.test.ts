import { catalogue, type OrderTypeName } from '@ikoma/api'
import { expect, test } from 'vitest'
import * as families from '../testing/cases/index.ts'
import { describeOrderType } from '../testing/order-type-case.ts'
import { orderTypeTable } from '../testing/order-type-table.ts'

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

test('the table of the documentation says what the cases show', async () => {
  await expect(orderTypeTable(cases)).toMatchFileSnapshot('../../../../docs/order-types.md')
})
