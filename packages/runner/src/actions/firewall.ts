import type { OutputOf } from '@ikoma/api'
import { awaitsConfirmation, readFirewall, wasRolledBack } from '@ikoma/machine/ufw'
import type { ActionContext, ActionResult } from '../order/action.ts'

const maxRules = 500

export async function showFirewall(
  _payload: object,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'firewall.ufw.status'>>> {
  const { shown, ...state } = await readFirewall(machine)
  const waits = await awaitsConfirmation(machine)
  const rolledBack = !waits && (await wasRolledBack(machine))
  const remark = waits ? ' It waits to be confirmed.' : rolledBack ? ' The last change was put back.' : ''
  const summary = `The firewall is ${state.active ? 'on' : 'off'}, with ${shown.length} rules.${remark}`
  return {
    ok: true,
    summary,
    output: { ...state, rules: shown.slice(0, maxRules), awaitsConfirmation: waits, rolledBack },
  }
}
