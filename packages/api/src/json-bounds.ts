import * as z from 'zod'

export interface JsonBounds {
  /** As JSON in UTF-8. */
  bytes: number
  /** Objects and lists inside one another. */
  depth: number
  /** Names and values in all. */
  values: number
}

/** An object whose fields are anybody's, and whose size is not: in bytes, in depth and in how much is in it. */
export function boundedObject(bounds: JsonBounds) {
  const { bytes, depth, values } = bounds
  return z
    .record(z.string().max(200), z.unknown())
    .check(withinBounds(bounds))
    .meta({
      maxProperties: values,
      description: `At most ${bytes} bytes as JSON, ${depth} levels deep, ${values} values in all.`,
    })
}

/** Refuses what is larger, in words that name the bound. */
export function withinBounds(bounds: Partial<JsonBounds>) {
  return (context: z.core.ParsePayload<unknown>) => {
    const problem = excessOf(context.value, bounds)
    if (problem !== null) {
      context.issues.push({ code: 'custom', input: context.value, message: problem, path: [] })
    }
  }
}

/** What is too large about a value, in words; null when it is within the bounds. */
export function excessOf(value: unknown, { bytes, depth, values }: Partial<JsonBounds>): string | null {
  const shape = shapeOf(value, depth ?? Number.POSITIVE_INFINITY)
  if (depth !== undefined && shape.depth > depth) return `is nested deeper than ${depth} levels`
  if (values !== undefined && shape.values > values) return `holds more than ${values} values`
  if (bytes !== undefined && jsonBytes(value) > bytes) return `is larger than ${bytes} bytes as JSON`
  return null
}

/** What a value takes as JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value) ?? '').length
}

/** Not by recursion, and no further than it takes to know: what is measured here is anybody's. */
function shapeOf(value: unknown, enough: number): { depth: number; values: number } {
  let level: unknown[] = [value]
  let depth = 0
  let values = 0
  for (;;) {
    const containers = level.filter((item) => typeof item === 'object' && item !== null) as object[]
    if (containers.length === 0 || depth > enough) return { depth, values }
    depth += 1
    level = containers.flatMap((item) => Object.values(item))
    values += level.length
  }
}
