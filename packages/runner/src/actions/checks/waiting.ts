import { setTimeout } from 'node:timers/promises'
import type { ActionContext, ActionResult } from '../../order/action.ts'

const pauseMs = 500

/** A check that is made again until it passes, for as long as the order waits; its last answer counts. */
export function waiting<P, O>(check: (payload: P, context: ActionContext) => Promise<ActionResult<O>>) {
  return async ({ waitSec, ...payload }: P & { waitSec: number }, context: ActionContext): Promise<ActionResult<O>> => {
    const end = performance.now() + waitSec * 1_000
    for (;;) {
      const result = await check(payload as P, context)
      if (result.ok || performance.now() + pauseMs > end) return result
      await setTimeout(pauseMs, undefined, { signal: context.signal })
    }
  }
}
