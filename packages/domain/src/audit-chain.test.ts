import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEntry, type AuditEvent, auditGenesis } from './audit.ts'
import { type AuditRule, AuditWalk, auditKeyOf, linkAudit, verifyAudit } from './audit-chain.ts'

const anEntry: fc.Arbitrary<AuditEntry> = fc.record({
  at: fc.nat(),
  actor: fc.string(),
  action: fc.string(),
  subject: fc.string(),
  data: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>,
})
const entries = fc.array(anEntry, { minLength: 3, maxLength: 12 })
const runs = { numRuns: 500 }

describe('the audit chain', () => {
  it('numbers entries without a gap and is whole', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const events = linkAudit(auditGenesis, list)
        expect(events.map(({ seq }) => seq)).toEqual(list.map((_, index) => index + 1))
        expect(verifyAudit(auditGenesis, events)).toBeNull()
      }),
      runs,
    )
  })

  it('is the same however its entries were batched, and can be verified from any point of it', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, at) => {
        const whole = linkAudit(auditGenesis, list)
        const cut = 1 + (at % (list.length - 1))
        const head = whole[cut - 1] as AuditEvent
        expect([...linkAudit(auditGenesis, list.slice(0, cut)), ...linkAudit(head, list.slice(cut))]).toEqual(whole)
        expect(verifyAudit(head, whole.slice(cut))).toBeNull()
      }),
      runs,
    )
  })

  it('shows an edit of any field of any event', () => {
    const fields = ['at', 'actor', 'action', 'subject', 'data', 'hash', 'seq'] as const
    fc.assert(
      fc.property(entries, fc.nat(), fc.constantFrom(...fields), (list, at, field) => {
        const events = linkAudit(auditGenesis, list)
        const index = at % events.length
        const edited = events.map((event, each) => (each === index ? edit(event, field) : event))
        expect(verifyAudit(auditGenesis, edited)).not.toBeNull()
      }),
      runs,
    )
  })

  it('shows a deletion anywhere but at its end, where only its head can', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 1, max: 3 }), (list, at, count) => {
        const events = linkAudit(auditGenesis, list)
        const index = at % events.length
        const left = events.toSpliced(index, count)
        if (index + count < events.length)
          expect(verifyAudit(auditGenesis, left)).toEqual({ seq: index + 1, fault: 'missing' })
        else expect(left.at(-1)?.hash ?? '').not.toBe(events.at(-1)?.hash)
      }),
      runs,
    )
  })

  it('shows two events in each other’s place, one twice, and one from another chain', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, at) => {
        const events = linkAudit(auditGenesis, list)
        const index = at % (events.length - 1)
        const [a, b] = events.slice(index, index + 2) as [AuditEvent, AuditEvent]
        expect(verifyAudit(auditGenesis, events.toSpliced(index, 2, b, a))).not.toBeNull()
        expect(verifyAudit(auditGenesis, events.toSpliced(index, 2, a, a, b))).not.toBeNull()
        const renumbered = [
          { ...b, seq: a.seq },
          { ...a, seq: b.seq },
        ] as const
        expect(verifyAudit(auditGenesis, events.toSpliced(index, 2, ...renumbered))).not.toBeNull()
        const [stranger] = linkAudit({ seq: a.seq - 1, hash: 'another chain' }, [list[index] as AuditEntry]) as [
          AuditEvent,
        ]
        expect(verifyAudit(auditGenesis, events.toSpliced(index, 1, stranger))).toEqual({
          seq: a.seq,
          fault: 'altered',
        })
      }),
      runs,
    )
  })
})

const key = auditKeyOf(new Uint8Array(32).fill(7))
const stranger = auditKeyOf(new Uint8Array(32).fill(8))
const rule: AuditRule = { key, keyedFrom: 1, unkeyedUntil: 0 }

/** One thing that somebody does who can write the database. */
type Edit = (events: AuditEvent[]) => AuditEvent[]
const place = fc.nat()
const within = (events: AuditEvent[], at: number) => at % Math.max(1, events.length)
const anEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.constantFrom('at', 'actor', 'action', 'subject', 'data', 'mac', 'hash')).map(
    ([at, field]): Edit =>
      (events) =>
        events.map((event, each) => (each === within(events, at) ? edit(event, field as keyof AuditEvent) : event)),
  ),
  place.map(
    (at): Edit =>
      (events) =>
        events.toSpliced(within(events, at), 1),
  ),
  fc.tuple(place, place).map(
    ([from, to]): Edit =>
      (events) => {
        const copied = events[within(events, from)]
        return copied ? events.toSpliced(within(events, to), 0, copied) : events
      },
  ),
  place.map(
    (at): Edit =>
      (events) => {
        const index = within(events, at)
        return events.toSpliced(index, 2, ...events.slice(index, index + 2).reverse())
      },
  ),
  place.map(
    (at): Edit =>
      (events) =>
        events.map((event, each) => (each >= within(events, at) ? { ...event, mac: '' } : event)),
  ),
  fc.tuple(place, anEntry).map(
    ([at, entry]): Edit =>
      (events) => {
        const [made] = linkAudit(auditGenesis, [entry], stranger) as [AuditEvent]
        return events.toSpliced(within(events, at), 0, made)
      },
  ),
)

describe('the audit under a key', () => {
  it('is whole, and is another one under another key', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const events = linkAudit(auditGenesis, list, key)
        expect(verifyAudit(auditGenesis, events, rule)).toBeNull()
        expect(verifyAudit(auditGenesis, linkAudit(auditGenesis, list, stranger), rule)).toEqual({
          seq: 1,
          fault: 'altered',
        })
      }),
      { numRuns: 50 },
    )
  })

  it('shows whatever somebody without the key made of it, numbered and linked anew, but for a shorter one', () => {
    const edits = fc.array(anEdit, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(entries, edits, fc.boolean(), (list, changes, byPlace) => {
        const events = linkAudit(auditGenesis, list, key)
        const edited = changes.reduce((sofar, change) => change(sofar), events)
        const forged = relinked(edited).map((event, at) =>
          byPlace ? { ...event, mac: events[at]?.mac ?? event.mac } : event,
        )
        if (isBeginning(forged, events)) return
        expect(verifyAudit(auditGenesis, forged, rule)).not.toBeNull()
      }),
      { numRuns: 300 },
    )
  })

  it('lets nothing without a mark follow what was written after former versions had gone', () => {
    const at = (time: number): AuditEntry => ({ at: time, actor: 'a', action: 'b', subject: 'c', data: {} })
    const early = linkAudit(auditGenesis, [at(1)], key)
    const neighbours = linkAudit(early.at(-1) as AuditEvent, [at(2)])
    const late = linkAudit(neighbours.at(-1) as AuditEvent, [at(10)], key)
    const backdated = linkAudit(late.at(-1) as AuditEvent, [at(3)])
    const all = [...early, ...neighbours, ...late]
    expect(verifyAudit(auditGenesis, all, { ...rule, unkeyedUntil: 5 })).toBeNull()
    expect(verifyAudit(auditGenesis, [...all, ...backdated], { ...rule, unkeyedUntil: 5 })).toEqual({
      seq: 4,
      fault: 'unkeyed',
    })
  })

  it('names each fault, and goes on behind it', () => {
    const events = linkAudit(
      auditGenesis,
      Array.from({ length: 7 }, (_, at) => ({ at, actor: 'a', action: 'b', subject: 'c', data: {} })),
      key,
    )
    const damaged = events
      .with(1, { ...(events[1] as AuditEvent), actor: 'x' })
      .with(5, { ...(events[5] as AuditEvent), mac: '' })
    const walk = new AuditWalk(rule)
    expect(damaged.toSpliced(3, 1).flatMap((event) => walk.next(event))).toEqual([
      { seq: 2, fault: 'altered' },
      { seq: 4, fault: 'missing' },
      { seq: 6, fault: 'unkeyed' },
    ])
    expect(walk.reached).toMatchObject({ seq: 7, hash: events[6]?.hash })
  })
})

/** As a process of the product would number and link them, the marks left as they are. */
function relinked(events: AuditEvent[]): AuditEvent[] {
  const linked = linkAudit(
    auditGenesis,
    events.map(({ at, actor, action, subject, data }) => ({ at, actor, action, subject, data: asData(data) })),
  )
  return linked.map((event, at) => ({ ...event, mac: events[at]?.mac ?? '' }))
}

function asData(text: string): Record<string, unknown> {
  return JSON.parse(text.trim())
}

function isBeginning(events: AuditEvent[], whole: AuditEvent[]): boolean {
  return events.every((event, at) => JSON.stringify(event) === JSON.stringify(whole[at]))
}

function edit(event: AuditEvent, field: keyof AuditEvent): AuditEvent {
  const value = event[field]
  return { ...event, [field]: typeof value === 'number' ? value + 1 : `${value} ` }
}
