import type { ChangeOutput } from '@ikoma/api'
import { applyAll, type Change, type Desired, planFor } from '@ikoma/machine'
import type { ActionContext, ActionResult } from '../order/action.ts'

/**
 * An action from what should be so: plans what is left to do, shows it, does it unless it is a dry run, and looks again:
 * afterwards nothing may be left. Applying it twice therefore changes nothing the second time.
 */
export function converging<P>(desiredBy: (payload: P) => Desired[]) {
  return async (payload: P, context: ActionContext): Promise<ActionResult<ChangeOutput>> => {
    const { machine, dryRun, log, step } = context
    const desired = desiredBy(payload)
    const changes = await step('plan', () => planFor(desired, machine))
    for (const { title, diff } of changes) log(diff === null ? title : `${title}\n${diff}`)
    const output = { changed: changes.length > 0 && !dryRun, changes: changes.map(shown) }
    if (changes.length === 0) return { ok: true, summary: 'Nothing to change.', output }
    if (dryRun) return { ok: true, summary: `Would make ${countOf(changes)}.`, output }
    await applyAll(changes, machine, context)
    const left = await step('verify', () => planFor(desired, machine))
    if (left.length === 0) return { ok: true, summary: `Made ${countOf(changes)}.`, output }
    const titles = left.map(({ title }) => title).join('; ')
    const message = `It was done, and yet is still to do: ${titles}.`
    return { ok: false, summary: message, output, errors: [{ code: 'not_converged', message }] }
  }
}

function shown({ title, diff }: Change): { title: string; diff: string | null } {
  return { title, diff }
}

function countOf(changes: readonly Change[]): string {
  return changes.length === 1 ? '1 change' : `${changes.length} changes`
}
