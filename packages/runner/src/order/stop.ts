/** Why a running action must stop; the reason of its AbortSignal. */
export interface Stop {
  kind: 'canceled' | 'timed_out' | 'lost' | 'interrupted'
  message: string
}

/** What the signal of an action was aborted with, or null while it may go on. */
export function stopOf(signal: AbortSignal): Stop | null {
  return signal.aborted ? (signal.reason as Stop) : null
}
