import { secretNamePattern } from '@ikoma/domain'
import * as z from 'zod'
import { saysSecret } from '../secret-name.ts'
import { mapFreeText, takesReference } from './free-text.ts'
import type { CatalogueEntry } from './order-type.ts'

type Type = Pick<CatalogueEntry, 'payload'>
type Payload = Record<string, unknown>

/** What is wrong in a payload, in the words of its schema; never a value. */
export interface PayloadIssue {
  path: PropertyKey[]
  message: string
}

export type PlacedPayload =
  | { ok: true; payload: Payload /** Named in it, each once. */; secrets: string[] }
  | { ok: false; issues: PayloadIssue[] }

/**
 * A payload as it is placed and kept, with its references in place. They are taken out for a stand-in that their field
 * takes, the type's own schema judges the rest with all its rules and defaults, and they are put back.
 */
export function placedPayload({ payload: schema }: Type, payload: Payload): PlacedPayload {
  const kept = new Map<string, unknown>()
  const secrets = new Set<string>()
  const standing = mapFreeText(schema, payload, (value, { path, url }) => {
    const name = referenceIn(value)
    const plain = plainIn(value)
    if (name === null && plain === null) return value
    kept.set(JSON.stringify(path), name === null ? { plain } : { secret: name })
    if (name === null) return plain
    secrets.add(name)
    return url ? 'https://secret.invalid/' : 'secret'
  })
  const parsed = schema.safeParse(standing)
  if (!parsed.success) return { ok: false, issues: issuesOf(parsed.error, standing) }
  const placed = mapFreeText(schema, parsed.data, (value, { path }) => kept.get(JSON.stringify(path)) ?? value)
  return { ok: true, payload: placed as Payload, secrets: [...secrets] }
}

/** The payload that is done: each reference is the value it names, and the type's schema judges the whole. */
export function openedPayload(
  { payload: schema }: Type,
  payload: Payload,
  values: ReadonlyMap<string, string>,
): { ok: true; payload: unknown } | { ok: false; issues: PayloadIssue[] } {
  const opened = mapFreeText(schema, payload, (value) => {
    const name = referenceIn(value)
    return (name === null ? plainIn(value) : values.get(name)) ?? value
  })
  const parsed = schema.safeParse(opened)
  return parsed.success ? { ok: true, payload: parsed.data } : { ok: false, issues: issuesOf(parsed.error, opened) }
}

/** The names of the secrets that a payload refers to. */
export function secretsNamedIn({ payload: schema }: Type, payload: Payload): string[] {
  const names = new Set<string>()
  mapFreeText(schema, payload, (value) => {
    const name = referenceIn(value)
    if (name !== null) names.add(name)
    return value
  })
  return [...names]
}

/** Where a field whose name says that it is a secret holds plain text. */
export function plainSecretsIn({ payload: schema }: Type, payload: Payload): PropertyKey[][] {
  const found: PropertyKey[][] = []
  mapFreeText(schema, payload, (value, { path }) => {
    const name = String(path.findLast((key) => typeof key === 'string') ?? '')
    if (typeof value === 'string' && saysSecret(name) && !isNoSecret(name, value)) found.push([...path])
    return value
  })
  return found
}

/** What nobody hides: nothing, a switch, and the path of a file that holds the secret. */
function isNoSecret(name: string, value: string): boolean {
  if (/^(|true|false|yes|no|on|off|none|0|1)$/i.test(value)) return true
  return /(file|path|dir)$/i.test(name) && /^(\/[\w.@+-]+)+$/.test(value)
}

function referenceIn(value: unknown): string | null {
  const name = onlyMember(value, 'secret')
  return name !== null && secretNamePattern.test(name) ? name : null
}

function plainIn(value: unknown): string | null {
  return onlyMember(value, 'plain')
}

function onlyMember(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const [member, ...others] = Object.entries(value)
  if (!member || others.length > 0 || member[0] !== key) return null
  return typeof member[1] === 'string' ? member[1] : null
}

const elsewhere =
  'a reference to a secret cannot stand here, only in free text that no command line and no open file shows, such as an environment variable'

function issuesOf(error: z.ZodError, payload: unknown): PayloadIssue[] {
  return error.issues.map(({ path, message }) => {
    const at = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null)?.[key], payload)
    if (onlyMember(at, 'secret') === null) return { path, message }
    return { path, message: referenceIn(at) === null ? 'the name of a secret is letters, digits and . _ -' : elsewhere }
  })
}

/** The JSON Schema of a payload, with what may stand in place of text. */
export function payloadJsonSchema(payload: z.ZodType) {
  return z.toJSONSchema(payload, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (!takesReference(zodSchema) || jsonSchema.anyOf) return
      const { description, ...text } = jsonSchema
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, {
        ...(description && { description }),
        anyOf: [text, instead('secret'), instead('plain')],
      })
    },
  })
}

function instead(key: 'secret' | 'plain') {
  const text = key === 'secret' ? { type: 'string', pattern: secretNamePattern.source } : { type: 'string' }
  return { title: key, type: 'object', properties: { [key]: text }, required: [key], additionalProperties: false }
}
