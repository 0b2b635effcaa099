import { AppError } from '@ikoma/kernel'
import type { Host, Program } from '@ikoma/machine'
import { asUser } from '@ikoma/machine/system'
import type { AnswerOf, AskOf, Part, Verbs } from './verbs.ts'

/** How our own program for databases is started on this machine, and the account that we are ourselves. */
export interface BackupProgram {
  argv: readonly [string, ...string[]]
  self: { owner: string; group: string }
}

interface Question<P extends Part, V extends keyof Verbs[P]> {
  part: P
  verb: V & string
  ask: AskOf<Verbs[P][V]>
  /** The account that it works as; ours by default. */
  as?: string
}

type Streams = Pick<Program, 'input' | 'inputFile' | 'outputFile' | 'env' | 'timeoutSec'>

const longestSec = 24 * 3600

/** Has the program do one thing. Rejects with the reason it gives when it cannot. */
export async function askProgram<P extends Part, V extends keyof Verbs[P]>(
  host: Host,
  tool: BackupProgram,
  { part, verb, ask, as = tool.self.owner, ...streams }: Question<P, V> & Streams,
): Promise<AnswerOf<Verbs[P][V]>> {
  const argv = await asUser(host, { user: as, self: tool.self.owner, argv: [...tool.argv, part, verb] })
  // In the environment nobody else reads it, and standard input may be the backup itself.
  const env = { ...streams.env, IKOMA_ASK: JSON.stringify(ask) }
  // The order's own time is what bounds it.
  const { code, stderr } = await host.run({ argv, timeoutSec: longestSec, ...streams, env })
  const last = lastLine(stderr)
  if (code === 0 && last && 'answer' in last) return last.answer as AnswerOf<Verbs[P][V]>
  if (last && 'problem' in last) throw new AppError(codeOf(last.problem), last.problem.message, last.problem)
  // An answer that came before it was killed may hold what a password is checked by.
  const rest = last ? 'after its answer' : stderr.trim().slice(-2_000)
  throw new AppError('unavailable', `The program for databases ended with ${code ?? 'a signal'}: ${rest}`, {
    reason: 'tool_failed',
  })
}

interface Problem {
  reason: string
  message: string
}

type LastLine = { answer: unknown } | { problem: Problem }

/** What the program itself cannot name, such as a connection that was lost, may be over the next time. */
function codeOf({ reason }: Problem): 'unavailable' | 'unprocessable' {
  return ['tool_failed', 'database_failed', 'server_down'].includes(reason) ? 'unavailable' : 'unprocessable'
}

/** Its standard output may be the backup itself, so it answers in the last line of the other. */
function lastLine(stderr: string): LastLine | null {
  try {
    return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as LastLine
  } catch {
    return null
  }
}
