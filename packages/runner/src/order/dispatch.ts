import type { Executor } from '../executor/executor-client.ts'
import type { Claim } from '../protocol/control-plane-client.ts'
import type { Action, ActionContext, ActionResult, Actions } from './action.ts'
import type { Admission } from './admit.ts'
import type { Refusal } from './refusal.ts'

/** Who does an admitted order, and what that means for the others on this machine. */
export interface Dispatch {
  /** What it waits for to be free on this machine; null when nothing. */
  turn: string | null
  /** Stopped half-way it takes back what it did, which may take as long as doing it. */
  takesBack: boolean
  run(context: ActionContext): Promise<ActionResult>
}

export interface Hands {
  actions: Actions
  /** Does what needs root; null where this process does it itself. */
  executor: Executor | null
  /** Whether this process may do it itself. */
  root: boolean
}

/** Chooses who does an order that was admitted: its action in this process, or the executor. */
export function dispatch(
  claim: Claim,
  { type: entry, payload }: Admission,
  { actions, executor, root }: Hands,
): { dispatched: Dispatch } | { refusal: Refusal } {
  const { type, turn = null, privileged } = entry
  const how = { turn, takesBack: privileged && entry.risk !== 'read' }
  if (privileged && executor) return { dispatched: { ...how, run: (context) => executor.run(claim, context) } }
  if (privileged && !root) {
    const cure = 'Install the runner with its executor: sudo ikoma runner install.'
    return { refusal: { code: 'missing_privilege', message: `${type} needs root, which this runner has not. ${cure}` } }
  }
  // The catalogue ties payload and action together by their type name, which the compiler cannot see through a string.
  const action = actions[type as keyof Actions] as Action<never>
  return { dispatched: { ...how, run: (context) => action(payload as never, context) } }
}
