import type { ChangeOutput } from '@ikoma/api'
import { converge, type Desired, linesOf, notConverged, oneStage, type Stage } from '@ikoma/machine'
import type { NamedAccounts } from '@ikoma/machine/safety'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { namedBy } from '../order/policy.ts'

/** An action from what should be so, for whom the policy names. Applying it twice changes nothing the second time. */
export function converging<P>(desiredBy: (payload: P, named: NamedAccounts) => Desired[]) {
  return convergingInStages((payload: P, named) => oneStage(desiredBy(payload, named)))
}

/** The same in stages, each planned when those before it are done. */
export function convergingInStages<P>(stagesBy: (payload: P, named: NamedAccounts) => Stage[]) {
  return async (payload: P, context: ActionContext): Promise<ActionResult<ChangeOutput>> => {
    const { machine, dryRun, log } = context
    const { plan, made, left } = await converge(stagesBy(payload, namedBy(context.policy)), machine, {
      ...context,
      show: (plan) => linesOf(plan).forEach(({ title, diff }) => void log(diff === null ? title : `${title}\n${diff}`)),
    })
    const foreseen = linesOf(plan)
    if (foreseen.length === 0)
      return { ok: true, summary: 'Nothing to change.', output: { changed: false, changes: [] } }
    if (dryRun) {
      const later = plan.filter(({ changes }) => changes === null).length
      const more = later === 0 ? '' : ', and what can be planned only after them'
      const summary = `Would make ${countOf(foreseen.length - later)}${more}.`
      return { ok: true, summary, output: { changed: false, changes: foreseen } }
    }
    const output = { changed: true, changes: made.map(({ title, diff }) => ({ title, diff })) }
    if (left.length === 0) return { ok: true, summary: `Made ${countOf(made.length)}.`, output }
    const message = notConverged(left)
    return { ok: false, summary: message, output, errors: [{ code: 'not_converged', message }] }
  }
}

function countOf(changes: number): string {
  return changes === 1 ? '1 change' : `${changes} changes`
}
