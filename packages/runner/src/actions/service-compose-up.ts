import type { PayloadOf } from '@ikoma/api'
import { composeServices } from '@ikoma/deploy'
import type { ActionContext } from '../action.ts'
import { converging } from '../host/converge.ts'

export function bringComposeUp(payload: PayloadOf<'service.compose.up'>, context: ActionContext) {
  const { waitSec, settleSec, ...source } = payload
  const allowed = Object.hasOwn(context.policy.compose, source.name) ? (context.policy.compose[source.name] ?? []) : []
  return converging(() => [composeServices({ ...source, allowed }, { waitSec, settleSec })])(payload, context)
}
