import type { ApiDocument, Operation, Place, Schema } from './document.ts'
import type { TestedApp } from './tested-app.ts'

/** A place in a request that takes an id, or several. */
export interface IdField {
  place: Place
  /** Of the field itself, wherever in a body it stands. */
  name: string
  many: boolean
  /** What the app may call it in `ids`, the most exact first. */
  keys: string[]
}

export function idFieldsOf({ operations: _, resolve }: ApiDocument, operation: Operation): IdField[] {
  const fields: IdField[] = []
  const look = (schema: Schema, place: Place, name: string, many: boolean): void => {
    const found = resolve(schema)
    for (const each of [...(found.anyOf ?? []), ...(found.oneOf ?? []), ...(found.allOf ?? [])])
      look(each, place, name, many)
    if (found.items) look(found.items, place, name, true)
    for (const [inner, each] of Object.entries(found.properties ?? {})) look(each, place, inner, false)
    const isText = found.type === 'string' || (Array.isArray(found.type) && found.type.includes('string'))
    if (isText && isId(name, found)) fields.push({ place, name, many, keys: keysOf(operation, place, name) })
  }
  for (const place of ['params', 'query', 'body'] as const) {
    const schema = operation.inputs[place]
    if (schema) look(schema, place, '', false)
  }
  return fields
}

/** What a field's ids are of; undefined where the app says nothing of it. */
export function kindOf(app: Pick<TestedApp, 'ids'>, field: IdField): string | null | undefined {
  const key = field.keys.find((each) => Object.hasOwn(app.ids, each))
  return key === undefined ? undefined : app.ids[key]
}

function isId(name: string, { format }: Schema): boolean {
  return format === 'uuid' || /(^|_)ids?$|[a-z]Ids?$/.test(name)
}

function keysOf({ name, path }: Operation, place: Place, field: string): string[] {
  const exact = `${name} ${place}.${field}`
  return place === 'params' ? [exact, path.slice(0, path.indexOf(`{${field}}`) + field.length + 2)] : [exact, field]
}
