// A program of its own: it opens what belongs to an app under the app's account, never as root. It is asked in
// its environment, moves the bytes of a backup over standard input and output, and answers in the last line of the other.
import { writeSync } from 'node:fs'
import { problemOf } from './problem.ts'
import type { Answering, Part, Verbs } from './verbs.ts'

type Parts = { [P in Part]: () => Promise<{ verbs: Answering<Verbs[P]> }> }

/** SQLite needs no driver of PostgreSQL, which takes longer to load than most answers, and a directory no bucket's. */
const parts: Parts = {
  files: () => import('./files.ts'),
  sqlite: () => import('./sqlite/verbs.ts'),
  postgres: () => import('./postgres/verbs.ts'),
  s3: () => import('./s3/verbs.ts'),
}

const [part, verb = ''] = process.argv.slice(2)
const { IKOMA_ASK: ask = 'null' } = process.env
delete process.env.IKOMA_ASK

try {
  const { verbs } = await parts[part as Part]()
  const run = verbs[verb as keyof typeof verbs] as (ask: never) => Promise<unknown>
  answer({ answer: await run(JSON.parse(ask) as never) })
} catch (error) {
  const { reason, message } = problemOf(error)
  answer({ problem: { reason, message } })
  process.exitCode = 1
}

function answer(line: { answer: unknown } | { problem: { reason: string; message: string } }): void {
  writeSync(2, `\n${JSON.stringify(line)}\n`)
}
