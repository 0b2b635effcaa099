import type { ActionResult } from '../../order/action.ts'

/** A check that came to an answer, and the answer is no. Asking again is for a schedule to decide, not for a retry. */
export function failedCheck<Output>(code: string, summary: string, output?: Partial<Output>): ActionResult<Output> {
  return { ok: false, summary, errors: [{ code, message: summary }], retryable: false, ...(output && { output }) }
}
