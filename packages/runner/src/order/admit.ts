import { type CatalogueEntry, findOrderType, type Grant, placedPayload, typesAllowedBy } from '@ikoma/api'
import type { Claim } from '../protocol/control-plane-client.ts'
import type { Identity } from '../protocol/identity.ts'
import type { Journal } from '../protocol/journal.ts'
import { verifyGrant } from './grant.ts'
import type { Newest } from './grant-memory.ts'
import type { Policy } from './policy.ts'
import { lineAdding, lineForTimeout } from './policy-line.ts'
import type { Refusal } from './refusal.ts'

/** An order that may be executed here: what was signed, and its payload as it was placed, with references to secrets. */
export interface Admission {
  grant: Grant
  type: CatalogueEntry
  payload: unknown
}

export interface Gate {
  identity: Pick<Identity, 'runnerId' | 'controlPlaneKey'>
  policy: Policy
  journal: Pick<Journal, 'has'>
  now: number
  /** Of those that were executed; none where nobody remembers. */
  newest?: Newest
}

/** Whether an order may be executed here at all, decided before anything happens. */
export function admit(claim: Claim, gate: Gate): { admitted: Admission } | { refusal: Refusal } {
  const verdict = verifyGrant(claim, gate.identity, gate.now, gate.newest)
  if ('refused' in verdict) {
    return refuse('refused_signature', `The order was not executed: its grant is ${verdict.refused}.`)
  }
  const { grant } = verdict
  const type = findOrderType(grant.type)
  if (!type) return refuse('unknown_type', `This runner does not know "${grant.type}". Upgrade it.`)
  if (!gate.policy.types.includes(grant.type)) {
    return refuse('refused_policy', notAllowed(type, gate.policy))
  }
  if (grant.timeoutSec > gate.policy.maxTimeoutSec) {
    const limit = `at most ${gate.policy.maxTimeoutSec} s, not ${grant.timeoutSec} s`
    const line = lineForTimeout(gate.policy, grant.timeoutSec)
    return refuse('refused_policy', `The policy of this server allows an order ${limit}. ${line}`)
  }
  const placed = placedPayload(type, grant.payload)
  if (!placed.ok) {
    const problems = placed.issues.map(({ path, message }) => `${path.join('.') || 'payload'}: ${message}`)
    return refuse('invalid_payload', `The payload is not valid: ${problems.join('; ')}`)
  }
  if (gate.journal.has(grant.orderId, grant.attempt)) {
    return refuse('already_executed', `Attempt ${grant.attempt} was begun here before, so it was not run again.`)
  }
  return { admitted: { grant, type, payload: placed.payload } }
}

/** The executor does nothing that needs no root, whatever its policy says. */
function notAllowed({ type, requiredScope }: CatalogueEntry, policy: Policy): string {
  const said = `The policy of this server does not allow ${type}.`
  if (requiredScope === null || typesAllowedBy(policy.scopes).includes(type)) {
    return `${said} It needs no root, so the runner does it itself.`
  }
  return `${said} ${lineAdding(policy, 'scopes', [requiredScope])}`
}

function refuse(code: Refusal['code'], message: string): { refusal: Refusal } {
  return { refusal: { code, message } }
}
