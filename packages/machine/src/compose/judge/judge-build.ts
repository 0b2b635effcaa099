import { type Inspection, isRecord, type Judge, type Mapping } from './inspection.ts'
import { namespace } from './namespaces.ts'
import { bytes, listOf, matching, pairs, text, truth } from './scalars.ts'

/** What an image is made of: a folder that is sent to Docker whole, and the recipe. */
export const build: Judge<Mapping> = (value, field, inspection) => {
  if (!isRecord(value)) {
    const context = contextAt(value, field, inspection)
    return context === undefined
      ? undefined
      : { context, dockerfile: recipeAt(undefined, context, `${field}/dockerfile`, inspection) }
  }
  const { context = '.', dockerfile } = value
  const from = contextAt(context, `${field}/context`, inspection)
  const read = inspection.keys(value, field, buildKeys)
  if (from === undefined) {
    if (dockerfile !== undefined) inspection.path(dockerfile, `${field}/dockerfile`)
    return undefined
  }
  if (read.dockerfile_inline !== undefined) return { ...read, context: from }
  return {
    ...read,
    context: from,
    dockerfile: recipeAt(dockerfile ?? undefined, from, `${field}/dockerfile`, inspection),
  }
}

function contextAt(value: unknown, field: string, inspection: Inspection): string | undefined {
  const context = inspection.path(value, field)
  if (context === undefined) return undefined
  inspection.contexts.add(context)
  // It says what is not sent.
  inspection.recipes.add(`${context}/.dockerignore`)
  return context
}

function recipeAt(value: unknown, context: string, field: string, inspection: Inspection): string | undefined {
  const path = value === undefined ? `${context}/Dockerfile` : inspection.path(value, field, context)
  if (path === undefined) return undefined
  for (const each of [path, `${path}.dockerignore`]) inspection.recipes.add(each)
  return path
}

const image = matching(/^[\w./:@-]+$/, 'the name of an image')

const buildKeys: Record<string, Judge> = {
  args: pairs,
  // With `=` it would name folders and services to take layers from.
  cache_from: listOf(image),
  context: () => undefined,
  dockerfile: () => undefined,
  dockerfile_inline: text,
  labels: pairs,
  network: namespace,
  no_cache: truth,
  platforms: listOf(matching(/^[\w/.-]+$/, 'a platform')),
  pull: truth,
  shm_size: bytes,
  target: matching(/^[\w.-]+$/, 'the name of a stage'),
}
