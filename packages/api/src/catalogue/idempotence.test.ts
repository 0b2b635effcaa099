import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { catalogue } from './index.ts'
import { placesIn, replaced, without } from './testing/places.ts'
import { type Payload, samples } from './testing/samples.ts'

// A payload is parsed by the control plane, by the runner and by the executor: each must read what the one before did.
describe.each(samples)('%s', (type, payloads) => {
  const { payload: schema } = catalogue[type]

  test('what was parsed is parsed to the same', () => {
    for (const payload of payloads) {
      fc.assert(
        fc.property(variation(payload), (varied) => {
          const once = schema.safeParse(varied)
          if (once.success) expect(schema.parse(once.data)).toEqual(once.data)
        }),
        { numRuns: 50, examples: [[payload]] },
      )
    }
  })

  test('what was parsed is the same once it was sent', () => {
    for (const payload of payloads) {
      const once = schema.parse(payload)
      expect(schema.parse(JSON.parse(JSON.stringify(once)))).toEqual(once)
    }
  })
})

test('a source of the firewall is parsed to the same, however it is written', () => {
  const { payload: schema } = catalogue['firewall.ufw.apply']
  const network = (address: fc.Arbitrary<string>, bits: number) =>
    fc.tuple(address, fc.integer({ min: 0, max: bits })).map(([host, prefix]) => `${host}/${prefix}`)
  const ipV6 = fc.ipV6().map((address) => address.toUpperCase())
  const source = fc.oneof(fc.ipV4(), network(fc.ipV4(), 32), fc.ipV6(), ipV6, network(fc.ipV6(), 128))
  fc.assert(
    fc.property(source, (from) => {
      const once = schema.safeParse({ rules: [{ port: 22, from }] })
      if (once.success) expect(schema.parse(once.data)).toEqual(once.data)
    }),
    { numRuns: 2000 },
  )
})

/** The payload with up to five changes of its fields: one left out, another number, another text, a list twice as long. */
function variation(payload: Payload): fc.Arbitrary<unknown> {
  const change = fc.record({ at: fc.nat(), leaveOut: fc.boolean(), by: fc.integer({ min: -2, max: 2 }) })
  return fc.array(change, { maxLength: 5 }).map((changes) => changes.reduce<unknown>(changed, payload))
}

function changed(payload: unknown, { at, leaveOut, by }: { at: number; leaveOut: boolean; by: number }): unknown {
  const places = placesIn(payload)
  const chosen = places[at % places.length]
  if (!chosen) return payload
  return leaveOut ? without(payload, chosen.place) : replaced(payload, chosen.place, another(chosen.value, by))
}

function another(value: unknown, by: number): unknown {
  if (typeof value === 'number') return value + by
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string') return by < 0 ? value.slice(0, by) : by === 0 ? ` ${value} ` : value + 'x'.repeat(by)
  return Array.isArray(value) ? [...value, ...value] : value
}
