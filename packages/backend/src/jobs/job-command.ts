import { AppError } from '@ikoma/kernel'
import type { JobTable } from './definitions.ts'
import type { Jobs } from './jobs.ts'

interface JobCommandOptions {
  language?: 'en' | 'fr'
  write?(text: string): void
}

/**
 * `<name> --once` runs a schedule or a job now; `dead` lists what failed for the last time; `replay <job> [id ...]` gives it
 * another try. Exit code: 0 done, 1 it failed, 2 not understood.
 */
export async function jobCommand(
  argv: readonly string[],
  jobs: Pick<Jobs<JobTable>, 'listDead' | 'replay' | 'runOnce'>,
  options: JobCommandOptions = {},
): Promise<number> {
  const { language = 'en', write = (text) => process.stdout.write(text) } = options
  const words = wordsIn[language]
  const [first = '', ...rest] = argv
  try {
    if (first === 'dead' && rest.length <= 1) {
      const dead = await jobs.listDead(rest[0])
      for (const each of dead)
        write(`${each.diedAt.toISOString()} ${each.job} ${each.id} ${each.reason}: ${each.message}\n`)
      return 0
    }
    if (first === 'replay' && rest[0]) {
      const [name, ...ids] = rest
      write(`${words.replayed}: ${await jobs.replay(name, ids.length > 0 ? ids : undefined)}\n`)
      return 0
    }
    if (first === '' || first.startsWith('-') || rest.length !== 1 || rest[0] !== '--once') {
      write(`${words.usage}\n`)
      return 2
    }
    const { outcome, error } = await jobs.runOnce(first)
    write(error ? `${words.failed}: ${error.message}\n` : `${words.done}\n`)
    return outcome === 'done' ? 0 : 1
  } catch (error) {
    write(`${words.failed}: ${error instanceof Error ? error.message : ''}\n`)
    return error instanceof AppError && error.code === 'not_found' ? 2 : 1
  }
}

const usage = '<name> --once | dead [job] | replay <job> [id ...]'
const wordsIn = {
  en: { usage: `Say what to do: ${usage}`, done: 'Done.', failed: 'Failed', replayed: 'To be tried again' },
  fr: { usage: `Dites quoi faire : ${usage}`, done: 'Terminé.', failed: 'Échec', replayed: 'À retenter' },
}
