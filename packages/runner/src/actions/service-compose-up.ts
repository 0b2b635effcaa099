import type { PayloadOf } from '@ikoma/api'
import { composeServices } from '@ikoma/machine/compose'
import type { ActionContext } from '../order/action.ts'
import { converging } from './converging.ts'

export function bringComposeUp(payload: PayloadOf<'service.compose.up'>, context: ActionContext) {
  const { waitSec, settleSec, ...source } = payload
  // By its folder: the name is whatever the order says.
  const allowed = context.policy.compose[source.directory] ?? []
  return converging(() => [composeServices({ ...source, allowed }, { waitSec, settleSec })])(payload, context)
}
