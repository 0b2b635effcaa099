import { catalogue, type OrderTypeName } from '@ikoma/api'
import { expect, test } from 'vitest'
import { firewallCases } from '../testing/cases/firewall.ts'
import { hostCases } from '../testing/cases/host.ts'
import { packageCases } from '../testing/cases/packages.ts'
import { platformCases } from '../testing/cases/platforms.ts'
import { describeOrderType } from '../testing/order-type-case.ts'

const cases = [...hostCases, ...packageCases, ...platformCases, ...firewallCases]

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
  const covered = [...cases.map(({ type }) => type), ...withoutCase]
  expect(covered.toSorted()).toEqual(Object.keys(catalogue).toSorted())
})
