import { catalogue, type OrderTypeName } from '@ikoma/api'
import { actions } from '../actions/index.ts'
import type { Action, ActionContext, ActionResult } from '../order/action.ts'
import { actionContext } from './action-context.ts'

/** Runs the action of a type on this machine; what it throws is a failed result, as in a report. */
export async function order(
  type: OrderTypeName,
  payload: object,
  more: Partial<ActionContext> = {},
): Promise<ActionResult> {
  const action = actions[type] as Action<never>
  try {
    return await action(catalogue[type].payload.parse(payload) as never, actionContext(more))
  } catch (error) {
    const { reason = 'failed', message } = error as { reason?: string; message: string }
    return { ok: false, summary: message, errors: [{ code: reason, message }] }
  }
}
