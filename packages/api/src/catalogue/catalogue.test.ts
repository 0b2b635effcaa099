import { anyScopeAllows, scopePattern } from '@ikoma/domain'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { families } from './families.ts'
import {
  type CatalogueEntry,
  catalogue,
  describeCatalogue,
  findOrderType,
  type OutputOf,
  type PayloadOf,
  typesAllowedBy,
} from './index.ts'
import { fieldsOf } from './payload-fields.ts'

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
    expect(entry.payload.safeParse({ ...(entry.example as object), unknownField: 1 }).success).toBe(false)
    expect(entry.payload.safeParse(entry.example).success).toBe(true)
  })

  test('says of every field of its payload what it is', () => {
    const fields = fieldsOf(z.toJSONSchema(entry.payload, { io: 'input' }))
    const unsaid = fields.filter(({ path, description }) => !isSentence(description ?? '', path))
    expect(unsaid.map(({ path, description }) => `${path}: ${description}`)).toEqual([])
  })

  test('has JSON Schemas', () => {
    const described = describeCatalogue().find(({ type }) => type === name)
    expect(described?.payloadSchema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(described?.outputSchema).toMatchObject({ type: 'object' })
  })
})

test('it holds every family', () => {
  const inFamilies = Object.values(families).flatMap((each) => Object.keys(each))
  expect(Object.keys(catalogue)).toEqual(inFamilies)
})

test('fields are found wherever they are', () => {
  const inner = z.object({ inner: z.string() })
  const schema = z.object({
    object: inner,
    list: z.array(inner),
    record: z.record(z.string(), inner),
    union: z.union([z.literal('none'), inner, z.object({ other: z.string() })]).optional(),
  })
  const places = ['object', 'object.inner', 'list', 'list[].inner', 'record', 'record.*.inner']
  expect(fieldsOf(z.toJSONSchema(schema)).map(({ path }) => path)).toEqual([
    ...places,
    ...['union', 'union.inner', 'union.other'],
  ])
})

function isSentence(text: string, path: string): boolean {
  const words = text.split(' ')
  return /^[^\n]{1,200}\.$/.test(text) && words.length > 2 && text !== path.split('.').at(-1)
}

test('what an action takes and tells has the types of the schemas', () => {
  expectTypeOf<PayloadOf<'service.systemd.stop'>>().toEqualTypeOf<{ name: string }>()
  expectTypeOf<OutputOf<'service.systemd.start'>['changed']>().toEqualTypeOf<boolean>()
  expectTypeOf<OutputOf<'platform.node.install'>['version']>().toEqualTypeOf<string | null>()
  expectTypeOf<OutputOf<'check.tcp.run'>>().toEqualTypeOf<{ address: string; durationMs: number }>()
})

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
    new Set(changing.filter(({ type }) => type.startsWith(prefix)).map((each) => each.turn))
  expect(turnsOf('service.systemd.')).toEqual(new Set(['systemd']))
  expect(turnsOf('system.swap.')).toEqual(new Set(['swap']))
})
