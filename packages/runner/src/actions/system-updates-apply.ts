import type { OutputOf, PayloadOf } from '@ikoma/api'
import { listUpdates, rebootReasons, refreshLists, upToDate } from '@ikoma/machine/apt'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { converging } from './converging.ts'

type Payload = PayloadOf<'system.updates.apply'>

const converge = converging(({ scope }: Payload) => [upToDate(scope)])

/** The lists are fetched for a plan too: by old ones it would promise what is not there any more. */
export async function applyUpdates(
  payload: Payload,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'system.updates.apply'>>> {
  const { machine, step } = context
  await step('fetch the package lists', () => refreshLists(machine))
  const upgraded = await listUpdates(machine, payload.scope)
  const result = await converge(payload, context)
  if (!result.ok) return result
  const reasons = await rebootReasons(machine)
  const rebootRequired = reasons.length > 0
  const summary = rebootRequired ? `${result.summary} A reboot is required: ${reasons.join(', ')}.` : result.summary
  return { ok: true, summary, output: { ...result.output, upgraded, rebootRequired, rebootReasons: reasons } }
}
