import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Context } from '../../command-context.ts'
import { readGiven } from '../../files.ts'
import type { Language } from '../../messages/index.ts'
import { translated } from '../../words.ts'

type Payload = Record<string, unknown>
type JsonSchema = Record<string, unknown>

/** `--payload` (JSON, `@file` or `-`) with every `--set` laid over it. */
export async function readPayload(
  options: { payload?: string; set?: string[] },
  schema: JsonSchema,
  context: Pick<Context, 'io' | 't' | 'language'>,
): Promise<Payload> {
  const payload =
    options.payload === undefined ? {} : parseObject(await payloadText(options.payload, context), context.language)
  for (const [key, text] of splitPairs(options.set ?? [], '--set', context.language)) {
    const path = key.split('.')
    setAt(payload, path, typedValue(text, schemaAt(schema, path)))
  }
  return payload
}

async function payloadText(source: string, { io, t }: Pick<Context, 'io' | 't'>): Promise<string> {
  if (source === '-') return io.readStdin()
  if (!source.startsWith('@')) return source
  return readGiven(resolve(io.cwd, source.slice(1)), t)
}

function parseObject(text: string, language: Language): Payload {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below: what is not JSON is not an object either.
  }
  throw new AppError('invalid', words[language].notAnObject, { reason: 'invalid_payload' })
}

export function parsePairs(pairs: string[], option: string, language: Language): Record<string, string> {
  return Object.fromEntries(splitPairs(pairs, option, language))
}

function splitPairs(pairs: string[], option: string, language: Language): [key: string, value: string][] {
  return pairs.map((pair) => {
    const at = pair.indexOf('=')
    const key = pair.slice(0, at)
    // `__proto__` would set something else than a member.
    if (at < 1 || key.split('.').some((part) => part === '' || part === '__proto__')) {
      throw new AppError('invalid', words[language].badPair(option, pair), { reason: 'invalid_pair' })
    }
    return [key, pair.slice(at + 1)]
  })
}

function setAt(target: Payload, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    target[key] = value
    return
  }
  const inner = Object.hasOwn(target, key) ? target[key] : undefined
  const next: Payload = isObject(inner) ? inner : {}
  target[key] = next
  setAt(next, rest, value)
}

/** Text where the type wants text, so that `--set name=443` stays a name; JSON elsewhere, and text when it is not JSON. */
function typedValue(text: string, schema: JsonSchema | null): unknown {
  if (isText(schema)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Also where a reference to a secret may stand in its place: that is `--set name.secret=…`. */
function isText(schema: JsonSchema | null): boolean {
  if (schema?.type === 'string') return true
  const [text] = Array.isArray(schema?.anyOf) ? schema.anyOf : []
  return isObject(text) && text.type === 'string' && isReferable(schema)
}

function isReferable(schema: JsonSchema | null): boolean {
  return Array.isArray(schema?.anyOf) && schema.anyOf.some((option) => isObject(option) && option.title === 'secret')
}

function schemaAt(schema: JsonSchema, path: string[]): JsonSchema | null {
  let found: unknown = schema
  for (const key of path) {
    if (!isObject(found)) return null
    const { properties, additionalProperties } = found
    found = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
  }
  return isObject(found) ? found : null
}

export function isObject(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const words = translated({
  en: {
    notAnObject: 'The payload is not a JSON object such as {"url": "https://example.org"}.',
    badPair: (option: string, text: string) => `${option}: "${text}" is not written as key=value.`,
  },
  fr: {
    notAnObject: 'Les paramètres ne sont pas un objet JSON comme {"url": "https://example.org"}.',
    badPair: (option, text) => `${option} : « ${text} » ne s’écrit pas clé=valeur.`,
  },
})
