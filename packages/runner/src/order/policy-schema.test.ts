import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { policyJsonSchema, policyKeys, policySchema } from './policy-schema.ts'

const docs = join(import.meta.dirname, '../../../../docs')
const valid = new Ajv2020({ strict: false }).compile(policyJsonSchema())

test('docs/policy.schema.json is the schema that a runner reads by', async () => {
  await expect(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(join(docs, 'policy.schema.json'))
})

test('every key says what it allows, and has a default', () => {
  const { properties } = policyJsonSchema() as {
    properties: Record<string, { description?: string; default?: unknown }>
  }
  const undescribed = policyKeys.filter(
    (key) => !properties[key]?.description || properties[key]?.default === undefined,
  )
  expect(undescribed).toEqual([])
})

test.each(['policy.md', 'policy.fr.md'])(
  'docs/%s has each key, its default, and examples that are taken',
  async (name) => {
    const text = await readFile(join(docs, name), 'utf8')
    const headings = [...text.matchAll(/^## `(\w+)`$/gm)].map(([, key]) => key)
    expect(headings).toEqual(policyKeys)
    const examples = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => JSON.parse(json))
    expect(examples.length).toBeGreaterThan(policyKeys.length)
    for (const example of examples) {
      expect(policySchema.safeParse(example).error?.issues ?? [], JSON.stringify(example)).toEqual([])
      expect(valid(example), JSON.stringify(example)).toBe(true)
    }
    const missing = policySchema.parse({}).packages.filter((each) => !text.includes(`\`${each}\``))
    expect(missing).toEqual([])
  },
)

test.each([
  { scope: [] },
  { scopes: ['A'] },
  { maxTimeoutSec: 0 },
  { compose: { 'srv/a': [] } },
  { packages: ['A B'] },
])('what a runner refuses, the schema refuses too: %j', (policy) => {
  expect([policySchema.safeParse(policy).success, valid(policy)]).toEqual([false, false])
})
