import { type CatalogueEntry, catalogue } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { attempts } from '@ikoma/machine/testing/hostile'
import { describe, expect, test } from 'vitest'
import type { Action } from '../order/action.ts'
import { actionContext } from '../testing/action-context.ts'
import * as families from '../testing/cases/index.ts'
import type { OrderTypeCase } from '../testing/order-type-case.ts'
import { actions } from './index.ts'

const cases = Object.values(families).flat()

/** Every field of a payload, with everything that somebody would write into it to get out of it. */
describe.each(cases)('$type', (each) => {
  test('refuses what is hostile, or does nothing with it but what the order is for', async () => {
    const entry: CatalogueEntry = catalogue[each.type]
    const sample = entry.payload.parse(each.payload)
    for (const { place, hostile, input } of attempts(sample)) {
      const parsed = entry.payload.safeParse(input)
      if (parsed.success) await expectHarmless(each, parsed.data, `${place.path.join('.')}: ${JSON.stringify(hostile)}`)
    }
  })
})

test('there is much to try', () => {
  const tried = cases.flatMap(({ type, payload }) => [...attempts(catalogue[type].payload.parse(payload))])
  expect(tried.length).toBeGreaterThan(10_000)
})

async function expectHarmless(each: OrderTypeCase, payload: unknown, what: string): Promise<void> {
  const machine = each.machine()
  const action = actions[each.type] as Action<never>
  const end = await action(payload as never, actionContext({ machine })).catch((error: unknown) => error)
  if (end instanceof Error) expect(end, what).toBeInstanceOf(AppError)
  for (const argv of machine.ran) {
    const operands = argv.indexOf('--')
    for (const [index, word] of argv.entries()) {
      expect(word, what).not.toMatch(/[\0\r\n]/)
      // An option that nobody of us wrote could only be an operand.
      if (/^(-x|--x=y)$/.test(word))
        expect(operands >= 0 && operands < index, `${what} in ${argv.join(' ')}`).toBe(true)
    }
  }
  const { files } = machine.snapshot() as { files: Record<string, { content?: string }> }
  for (const [path, { content = '' }] of Object.entries(files)) {
    expect(path, what).toMatch(/^(\/|(\/[A-Za-z0-9._@+-]+)+)$/)
    expect(path.split('/'), what).not.toContain('..')
    expect(content.includes('\0'), what).toBe(false)
  }
}
