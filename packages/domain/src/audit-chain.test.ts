import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEntry, type AuditEvent, auditGenesis } from './audit.ts'
import { linkAudit, verifyAudit } from './audit-chain.ts'

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

function edit(event: AuditEvent, field: keyof AuditEvent): AuditEvent {
  const value = event[field]
  return { ...event, [field]: typeof value === 'number' ? value + 1 : `${value} ` }
}
