import type { RemoteContext } from '../cli.ts'
import { exitCodes } from '../exit-codes.ts'
import { translated } from '../words.ts'

export interface Idle {
  /** How many orders still run. */
  count(): Promise<number>
  waitMs: number
  /** How the drain is undone. */
  undo: string
}

const lookEveryMs = 1_000

/** Tells how many orders still run until none does, the time is over or Ctrl-C comes; the drain stays in each case. */
export async function untilIdle({ count, waitMs, undo }: Idle, { io, out, language }: RemoteContext): Promise<number> {
  const stop = new AbortController()
  const stopListening = io.onInterrupt(() => stop.abort())
  const said = words[language]
  let told = -1
  let idle = 0
  try {
    for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
      const running = await count()
      if (running !== told) out.note(said.running(running))
      told = running
      // What was being claimed as the drain began is seen by the second look.
      idle = running === 0 ? idle + 1 : 0
      if (idle === 2) return exitCodes.ok
      if (stop.signal.aborted) return exitCodes.interrupted
      if (waitedMs >= waitMs) {
        out.note({ text: said.late(running), style: 'yellow' })
        return exitCodes.unknownOutcome
      }
      await io.sleep(lookEveryMs, stop.signal)
    }
  } finally {
    stopListening()
    out.note(said.undo(undo))
  }
}

const words = translated({
  en: {
    running: (count: number) =>
      count === 0 ? 'Nothing runs any more.' : `${count} ${count === 1 ? 'order runs' : 'orders run'} still.`,
    late: (count: number) =>
      `The time is over, and ${count} ${count === 1 ? 'order runs' : 'orders run'} on: no new one is given.`,
    undo: (command: string) => `No new orders are given until a restart, or: ${command}`,
  },
  fr: {
    running: (count) =>
      count === 0 ? 'Plus rien ne tourne.' : `${count} ${count > 1 ? 'ordres tournent' : 'ordre tourne'} encore.`,
    late: (count) =>
      `Le délai est passé, et ${count} ${count > 1 ? 'ordres tournent' : 'ordre tourne'} encore : aucun nouveau n’est donné.`,
    undo: (command) => `Aucun nouvel ordre n’est donné avant un redémarrage, ou : ${command}`,
  },
})
