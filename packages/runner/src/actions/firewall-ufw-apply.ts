import type { OutputOf, PayloadOf } from '@ikoma/api'
import { awaitsConfirmation, firewall } from '@ikoma/machine/ufw'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { converging } from './converging.ts'

type Payload = PayloadOf<'firewall.ufw.apply'>

const converge = converging((wanted: Payload) => [firewall(wanted)])

export async function applyFirewall(
  payload: Payload,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'firewall.ufw.apply'>>> {
  const { confirmWithinSec } = payload
  const result = await converge(payload, context)
  if (!result.ok) return result
  const waits = await awaitsConfirmation(context.machine)
  const cure = `Order firewall.ufw.confirm within ${confirmWithinSec} s, or it is put back.`
  const summary = waits && result.output.changed ? `${result.summary} ${cure}` : result.summary
  return { ok: true, summary, output: { ...result.output, awaitsConfirmation: waits, confirmWithinSec } }
}
