import { grantAuditHead, type Report } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'

const attempt = { orderId: z.string(), attempt: z.number().int() }

/** Of the grant: what a former version wrote says nothing of it. */
const grant = {
  issuedAt: z.number().optional(),
  /** Until when it must be remembered; null for ever. */
  until: z.number().nullable().optional(),
  auditHead: grantAuditHead.nullable().optional(),
}

/** What holds for the journal as a whole, first in it whenever it was written anew. */
const headSchema = z.object({
  /** The machine that wrote it, and the only one on which it is believed; null for one without an identity. */
  machine: z.string().nullable(),
  /** When the newest grant that was executed was issued. */
  mark: z.number().nullable(),
  /** Orders up to this id are not remembered any more. */
  floor: z.string(),
  /** Where the audit stood at most in a grant that was executed; beyond `auditHead`, where an older database was put back. */
  seq: z.number().nullable().optional(),
  /** Grants up to this number of the audit are from before the control plane's clock was set right. */
  floorSeq: z.number().nullable().optional(),
  auditHead: grantAuditHead.nullable(),
  /** Which entries of the reserve count: those written since the journal was last written anew. */
  reserve: z.number().optional(),
})

const intentSchema = z.object({
  ...attempt,
  ...grant,
  lease: z.string(),
  type: z.string(),
  retryClass: z.enum(['idempotent', 'once']),
  at: z.number(),
})

// Not reportSchema: a report that an older version wrote must not keep this one from starting.
const report = z.custom<Report>((value) => typeof value === 'object' && value !== null)
const resultSchema = z.object({ ...attempt, lease: z.string(), report })

const entrySchema = z.discriminatedUnion('kind', [
  intentSchema.extend({ kind: z.literal('INTENT') }),
  resultSchema.extend({ kind: z.literal('RESULT') }),
  z.object({ kind: z.literal('ACK'), lease: z.string() }),
  z.object({ kind: z.literal('DONE'), ...attempt, until: grant.until }),
  headSchema.extend({ kind: z.literal('HEAD') }),
])

/** An attempt that is about to have an effect. */
export type Intent = z.infer<typeof intentSchema>
/** How it ended, to be told to the control plane. */
export type Result = z.infer<typeof resultSchema>
export type Head = z.infer<typeof headSchema>
export type JournalEntry = z.infer<typeof entrySchema>

export function entryLine(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`
}

/**
 * The entries of a journal's text. Each line was on disk before the next was begun, so a crash can tear the last one
 * only, and what it was to announce never happened. Damage elsewhere would hide an executed attempt: it throws.
 */
export function parseEntries(path: string, text: string): JournalEntry[] {
  const lines = text.split('\n')
  // Empty after a whole line, else what a crash left of one.
  lines.pop()
  return lines.flatMap((line, index) => {
    const entry = parseEntry(line)
    if (entry) return [entry]
    if (index === lines.length - 1) return []
    throw new AppError(
      'unprocessable',
      `The journal ${path} is damaged at line ${index + 1}. Check the disk; move the file away to start afresh.`,
      { reason: 'journal_damaged' },
    )
  })
}

/** Entries of the reserve that go with this journal; one that a crash tore never counted. */
export function parseReserve(text: string, generation: number | undefined): JournalEntry[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${generation} `))
  return lines.flatMap((line) => parseEntry(line.slice(line.indexOf(' '))) ?? [])
}

export function reserveLine(generation: number, entry: JournalEntry): string {
  return `${generation} ${entryLine(entry)}`
}

function parseEntry(line: string): JournalEntry | null {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
