import { AppError } from '@ikoma/kernel'
import { secretsOf } from '../compose/index.ts'
import type { Host } from '../host.ts'
import { withLastWords } from '../last-words.ts'
import { meaningOfExit } from './exit-meaning.ts'
import { readJournal } from './journal.ts'
import { unitSetup } from './unit-setup.ts'

const readLines = 40
const maxLines = 12

/** What systemd says of every end, and the state says as well. */
const ofSystemd =
  /^(Started|Starting|Stopped|Stopping|Failed to start) |: (Main process exited|Failed with result|Scheduled restart job|Consumed |Deactivated successfully|Start request repeated|Control process exited)/

/** The last words of the newest run that has any, oldest first, without what is secret of its environment. */
async function lastWords(host: Host, unit: string, secrets: readonly string[]): Promise<string[]> {
  const { lines } = await readJournal(host, unit, { lines: readLines, priority: 'debug', secrets })
  const words: string[] = []
  for (const { message } of lines.reverse()) {
    if (/^Start(ed|ing) /.test(message) && words.length > 0) break
    if (!ofSystemd.test(message)) words.push(...message.split('\n').reverse())
    if (words.length >= maxLines) break
  }
  return words.slice(0, maxLines).reverse()
}

/** Values of its variables and of its files of variables that nobody may see. */
async function secretsIn(host: Host, environment: Record<string, string>, files: readonly string[]): Promise<string[]> {
  const known = { ...environment }
  for (const path of files) {
    const text = await host.read(path).catch(() => null)
    for (const [, name = '', value = ''] of (text ?? '').matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/gm)) {
      known[name] = value.trim().replace(/^(["'])(.*)\1$/, '$2')
    }
  }
  return secretsOf(known)
}

export const logOf = (unit: string) => `service.systemd.logs, or journalctl -u ${unit}`

/** What a unit said last, without what is secret of its environment. */
export async function saidBy(host: Host, unit: string): Promise<string[]> {
  const { environment, environmentFiles } = await unitSetup(host, unit)
  return lastWords(host, unit, await secretsIn(host, environment, environmentFiles))
}

/** Why a unit did not come up or stay up: the meaning of its end, and its last words. */
export async function failedStart(host: Host, unit: string, what: string): Promise<AppError> {
  const { activeState, subState, result, exitCode } = await unitSetup(host, unit)
  const ended = exitCode === null ? '' : `, ${meaningOfExit(exitCode, result)}`
  const end = `it is ${activeState} (${subState}), its last run ended with ${result}${ended}`
  // A log that cannot be read hides nothing of the failure itself.
  const words = await saidBy(host, unit).catch(() => [])
  return new AppError('unprocessable', `${unit} ${what}: ${end}. ${withLastWords(words, logOf(unit))}`, {
    reason: 'service_does_not_stay_up',
  })
}
