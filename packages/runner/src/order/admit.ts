import { findOrderType, type Grant } from '@ikoma/api'
import type { Executor } from '../executor/executor-client.ts'
import type { Claim } from '../protocol/control-plane.ts'
import type { Identity } from '../protocol/identity.ts'
import type { Journal } from '../protocol/journal.ts'
import type { Action, ActionContext, ActionResult, Actions } from './action.ts'
import { verifyGrant } from './grant.ts'
import type { Policy } from './policy.ts'
import type { Refusal } from './refusal.ts'

export interface Admission {
  grant: Grant
  /** What it waits for to be free on this machine; null when nothing. */
  turn: string | null
  /** Stopped half-way it takes back what it did, which may take as long as doing it. */
  takesBack: boolean
  run(context: ActionContext): Promise<ActionResult>
}

export interface Gate {
  identity: Pick<Identity, 'runnerId' | 'controlPlaneKey'>
  policy: Policy
  actions: Actions
  /** Does what needs root; null where this process does it itself. */
  executor?: Executor | null
  /** Whether this process may do it itself. */
  root: boolean
  journal: Pick<Journal, 'has'>
  now: number
}

/** Whether an order may be executed here at all, decided before anything happens. */
export function admit(claim: Claim, gate: Gate): { admitted: Admission } | { refusal: Refusal } {
  const verdict = verifyGrant(claim, gate.identity, gate.now)
  if ('refused' in verdict) {
    return refuse('refused_signature', `The order was not executed: its grant is ${verdict.refused}.`)
  }
  const { grant } = verdict
  const type = findOrderType(grant.type)
  if (!type) return refuse('unknown_type', `This runner does not know "${grant.type}". Upgrade it.`)
  if (!gate.policy.types.includes(grant.type)) {
    return refuse('refused_policy', `The policy of this server does not allow ${grant.type}.`)
  }
  if (grant.timeoutSec > gate.policy.maxTimeoutSec) {
    const limit = `at most ${gate.policy.maxTimeoutSec} s, not ${grant.timeoutSec} s`
    return refuse('refused_policy', `The policy of this server allows an order ${limit}.`)
  }
  const payload = type.payload.safeParse(grant.payload)
  if (!payload.success) {
    const problems = payload.error.issues.map(({ path, message }) => `${path.join('.') || 'payload'}: ${message}`)
    return refuse('invalid_payload', `The payload is not valid: ${problems.join('; ')}`)
  }
  if (gate.journal.has(grant.orderId, grant.attempt)) {
    return refuse('already_executed', `Attempt ${grant.attempt} was begun here before, so it was not run again.`)
  }
  // The catalogue ties payload and action together by their type name, which the compiler cannot see through a string.
  const action = gate.actions[type.type as keyof Actions] as Action<never>
  const { executor } = gate
  const { turn = null, privileged = false } = type
  const admitted = { grant, turn, takesBack: privileged && type.risk !== 'read' }
  if (privileged && executor) return { admitted: { ...admitted, run: (context) => executor.run(claim, context) } }
  if (privileged && !gate.root) {
    const cure = 'Install the runner with its executor: sudo ikoma runner install.'
    return refuse('missing_privilege', `${grant.type} needs root, which this runner has not. ${cure}`)
  }
  return { admitted: { ...admitted, run: (context) => action(payload.data as never, context) } }
}

function refuse(code: Refusal['code'], message: string): { refusal: Refusal } {
  return { refusal: { code, message } }
}
