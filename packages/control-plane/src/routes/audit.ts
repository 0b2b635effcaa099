import { auditEventSchema, auditQuery, auditVerification, auditVerifyBody, pageOf } from '@ikoma/api'
import type { RowProblem } from '@ikoma/domain'
import type { AuditReach } from '@ikoma/domain/audit-chain'
import { AppError } from '@ikoma/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { readHead } from '../audit/signed-head.ts'
import { type FoundFault, type KnownHead, type Verified, verifyStep } from '../audit/verification.ts'
import type { Context } from '../context.ts'
import { verifyRows } from '../orders/verify-rows.ts'
import { auditEventResource, auditFaultResource } from '../present.ts'
import type { App } from './app.ts'
import { numericCursor } from './paging.ts'

/** What one request looks at: a second or less of hashing. */
const stepEvents = 20_000
/** So many rows that were changed are named; whoever changed more will not be found by a longer list. */
const maxRows = 1000

/** The walk may take minutes, and would show nothing. */
async function headAlone({ method }: FastifyRequest, reply: FastifyReply) {
  if (method === 'HEAD') return reply.send()
}

export function auditRoutes(app: App, context: Context): void {
  const { store } = context
  app.get(
    '/v1/audit',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['audit'],
        operationId: 'listAudit',
        summary: 'Everything that was done, oldest first',
        querystring: auditQuery,
        response: { 200: pageOf(auditEventSchema) },
      },
    },
    async ({ query: { limit, cursor, subject, action } }) => {
      const events = await store.listAudit({ subject, action }, Number(numericCursor(cursor) ?? 0), limit + 1)
      const items = events.slice(0, limit)
      return { items: items.map(auditEventResource), next: events.length > limit ? String(items.at(-1)?.seq) : null }
    },
  )

  app.get(
    '/v1/audit/verify',
    {
      preHandler: headAlone,
      config: { access: 'admin' },
      schema: {
        tags: ['audit'],
        operationId: 'checkAudit',
        summary: 'Check the audit from its first event to its head, against the key and what is known of it elsewhere',
        response: { 200: auditVerification },
      },
    },
    () => shared(),
  )

  app.post(
    '/v1/audit/verify',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['audit'],
        operationId: 'verifyAudit',
        summary: 'The same step by step, compared also with heads that were kept elsewhere',
        body: auditVerifyBody,
        response: { 200: auditVerification },
      },
    },
    ({ body }) => verifyOnce(context, body.heads, cursorOf(body.after)),
  )

  /** All in one answer; those who ask meanwhile get the same one. */
  let whole: Promise<Verification> | null = null
  function shared(): Promise<Verification> {
    whole ??= verifyAll(context).finally(() => {
      whole = null
    })
    return whole
  }
}

type Verification = z.infer<typeof auditVerification>

async function verifyAll(context: Context): Promise<Verification> {
  const faults: Verification['faults'] = []
  let compared = 0
  let from: AuditReach | undefined
  for (;;) {
    const step = await verifyOnce(context, [], from)
    faults.push(...step.faults)
    compared += step.heads.compared
    if (step.next === null || faults.length > 0 || context.stopping.aborted)
      return { ...step, ok: step.ok && faults.length === 0, faults, heads: { ...step.heads, compared } }
    from = cursorOf(step.next)
  }
}

async function verifyOnce(context: Context, given: string[], from: AuditReach | undefined): Promise<Verification> {
  const { store, auditRule, stopping, keyring, witness, headArchive } = context
  const read = given.map((text) => readHead(text, keyring))
  const archived = await headArchive.read()
  const remembered = witness.remembered()
  const heads: KnownHead[] = [
    ...read.flatMap((head) => (typeof head === 'string' ? [] : [{ ...head, from: 'given' as const }])),
    ...archived.heads.map((head) => ({ ...head, from: 'archive' as const })),
    ...(remembered ? [{ ...remembered, from: 'memory' as const }] : []),
  ]
  const step = await verifyStep({ store, rule: auditRule, heads, stopping }, from, stepEvents)
  const forged: FoundFault[] =
    from === undefined && read.includes('forged') ? [{ seq: 0, fault: 'head_forged', head: null }] : []
  const faults = [...forged, ...step.faults].map(auditFaultResource)
  const { seq, hash } = step.reached
  const rows = step.done ? await changedRows(context) : []
  return {
    ok: faults.length === 0 && rows.length === 0 && step.done,
    events: seq,
    head: { seq, hash },
    fault: faults[0] ?? null,
    faults,
    heads: {
      compared: step.compared,
      foreign: read.filter((each) => each === 'foreign').length,
      unreadable: archived.unreadable,
    },
    rows,
    next: step.done ? null : nextOf(step),
  }
}

/** Looked at once, after the last event. */
async function changedRows(context: Context): Promise<RowProblem[]> {
  const rows: RowProblem[] = []
  for await (const row of verifyRows(context)) if (rows.push(row) >= maxRows) break
  return rows
}

const reachSchema = z.object({ seq: z.number().int().min(0), hash: z.string().max(100), closed: z.boolean() })

/** A step begins where its caller says: who asks is an admin, and lies to nobody else. */
function cursorOf(after: string | null | undefined): AuditReach | undefined {
  if (after === null || after === undefined) return undefined
  try {
    return reachSchema.parse(JSON.parse(Buffer.from(after, 'base64url').toString()))
  } catch {
    const message = 'use the "next" of the step before, or begin without it'
    throw new AppError('invalid', `body/after: ${message}.`, {
      reason: 'validation_failed',
      fields: [{ field: 'body/after', message }],
    })
  }
}

function nextOf({ reached }: Verified): string {
  return Buffer.from(JSON.stringify(reached)).toString('base64url')
}
