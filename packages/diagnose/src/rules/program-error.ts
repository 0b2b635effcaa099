import { appDown } from '../consequences.ts'
import { type Evidence, isBetweenRuns, type LogLine } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { newestOf, type Rule, shown } from '../rule.ts'
import { isServing } from './listeners.ts'
import { thenRestart } from './mends.ts'

/** How a program begins its last word, whatever it is. */
const fatal = [
  /^(?:Uncaught |Unhandled |\[?FATAL\]?\b|fatal error: |panic: |PANIC: |thread '[^']*' panicked)/,
  /^(?:[A-Za-z_$][\w$.:]*)?(?:Error|Exception|Panic)(?: \[[A-Z_]+\])?: \S/,
  /^(?:PHP )?Fatal error: /,
  /^Exception in thread "[^"]*" /,
  /^Caused by: \S/,
  /^\S+\.rb:\d+:in .*\(\S*(?:Error|Exception)\)/,
  /\b(?:CRITICAL|FATAL)\b:? .*\S/,
]

/** A program that ended with an error that no other rule knows: its own words are the cause. */
export function programError(others: readonly Rule[]): Rule {
  const known = others.flatMap(({ patterns = [] }) => patterns)
  return {
    name: 'program_error',
    explains: appDown,
    find(evidence): Finding | null {
      const said = lastRun(evidence)
      const words = said.filter(({ text }) => fatal.some((pattern) => pattern.test(text)))
      const [last] = words
      if (!last || said.some(({ text }) => known.some((pattern) => pattern.test(text)))) return null
      const line = last.text.slice(0, 200)
      return {
        symptom: { en: 'The app does not stay up', fr: 'L’app ne reste pas debout' },
        cause: { en: `It ended with an error: ${line}`, fr: `Elle s’est terminée par une erreur : ${line}` },
        confidence: 'likely',
        evidence: shown(words),
        mend: thenRestart(evidence, {
          en: 'Mend what it says, or deploy the release before.',
          fr: 'Réparez ce qu’elle dit, ou redéployez la version d’avant.',
        }),
        at: newestOf(words),
      }
    },
  }
}

/** What was said by what is not up. */
function lastRun({ subject, unit, docker, pm2, logs }: Evidence): LogLine[] {
  const down: string[] = []
  if (unit && subject.unit !== null && !isServing(unit)) down.push(subject.unit)
  if (pm2 && pm2.status !== 'online' && !isBetweenRuns(pm2)) down.push(`pm2 ${subject.pm2Name}`)
  const containers = docker?.running ? docker.containers : []
  for (const { status, service, exitCode } of containers) {
    if (status !== 'running' && exitCode !== 0) down.push(`container ${service}`)
  }
  return logs.filter(({ source }) => down.includes(source))
}
