import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Attempt, attempts, outcomeOf, substituted } from './testing/hostile.ts'
import { type Format, formats } from './testing/samples.ts'

describe.each(Object.entries(formats))('a hostile value in %s', (_, format) => {
  it('is refused under the name of its field, or read back as exactly that value', () => {
    const sampleRead = format.read(format.render(format.sample as never))
    const seen = { refused: 0, rendered: 0, wrong: [] as string[] }
    for (const attempt of attempts(format.sample)) {
      const outcome = outcomeOf(() => format.render(attempt.input as never))
      if ('refusedAt' in outcome) {
        seen.refused += 1
        if (!isAbout(attempt, outcome.refusedAt, format)) seen.wrong.push(`${described(attempt)}: ${outcome.refusedAt}`)
      } else {
        seen.rendered += 1
        const expected = substituted(sampleRead, String(attempt.place.value), String(attempt.hostile))
        const read = readBack(outcome.rendered, attempt, format)
        if (!isDeepStrictEqual(read, expected))
          seen.wrong.push(`${described(attempt)}: read as ${JSON.stringify(read)}`)
      }
    }
    expect(seen.wrong).toEqual([])
    expect(seen.refused).toBeGreaterThan(10)
    if (format.carriesText) expect(seen.rendered).toBeGreaterThan(20)
  })
})

/** Names its own field; for the key of a record, the record; or a field that refers to it by name. */
function isAbout({ place }: Attempt, refusedAt: string, format: Format): boolean {
  const own = place.key ? place.path.slice(0, -1) : place.path
  return refusedAt === own.join('/') || referringFields(format.sample, String(place.value), []).includes(refusedAt)
}

function referringFields(value: unknown, name: string, path: readonly string[]): string[] {
  if (value === name) return [path.join('/')]
  if (typeof value !== 'object' || value === null) return []
  const own = Object.hasOwn(value, name) ? [path.join('/')] : []
  return [...own, ...Object.entries(value).flatMap(([key, item]) => referringFields(item, name, [...path, key]))]
}

function readBack(rendered: string, attempt: Attempt, format: Format): unknown {
  try {
    return format.read(rendered)
  } catch (cause) {
    throw new Error(`${described(attempt)} was rendered, and cannot be read`, { cause })
  }
}

const described = ({ place, hostile }: Attempt) =>
  `${place.path.join('/')}${place.key ? ' (key)' : ''} = ${JSON.stringify(hostile).slice(0, 60)}`
