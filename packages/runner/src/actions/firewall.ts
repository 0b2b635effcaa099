import type { OutputOf, PayloadOf } from '@ikoma/api'
import { readOpenedByDocker, shownOpened } from '@ikoma/machine/compose'
import {
  awaitsConfirmation,
  confirmedFirewall,
  firewall as desiredFirewall,
  readFirewall,
  wasRolledBack,
} from '@ikoma/machine/ufw'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { converging } from './converging.ts'

export const firewall = {
  'firewall.ufw.apply': applyRules,
  'firewall.ufw.confirm': converging(() => [confirmedFirewall]),
  'firewall.ufw.status': showStatus,
} satisfies FamilyActions<'firewall'>

const maxRules = 500
const maxTold = 10

const converge = converging((wanted: PayloadOf<'firewall.ufw.apply'>) => [desiredFirewall(wanted)])

async function applyRules(
  payload: PayloadOf<'firewall.ufw.apply'>,
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

async function showStatus(
  _payload: object,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'firewall.ufw.status'>>> {
  const { shown, ...state } = await readFirewall(machine)
  const waits = await awaitsConfirmation(machine)
  const rolledBack = !waits && (await wasRolledBack(machine))
  const remark = waits ? ' It waits to be confirmed.' : rolledBack ? ' The last change was put back.' : ''
  const opened = await readOpenedByDocker(machine)
  const past = opened?.published ?? []
  const told = past.slice(0, maxTold).map(shownOpened).join('; ')
  const more = past.length > maxTold ? ` and ${past.length - maxTold} more` : ''
  const open = past.length === 0 ? '' : ` Docker lets others in past it: ${told}${more}.`
  const summary = `The firewall is ${state.active ? 'on' : 'off'}, with ${shown.length} rules.${remark}${open}`
  return {
    ok: true,
    summary,
    output: {
      ...state,
      rules: shown.slice(0, maxRules),
      awaitsConfirmation: waits,
      rolledBack,
      ...(opened && { published: past.slice(0, maxRules), hostNetwork: opened.hostNetwork }),
    },
  }
}
