import { catalogue, type OrderResource, type OutputOf, type Report } from '@ikoma/api'
import type { Context } from '../../command-context.ts'
import { shortId } from '../../lookup.ts'
import { shellQuote } from '../../shell-quote.ts'
import { translated } from '../../words.ts'

type Diagnosis = OutputOf<'diagnose.run'>
type Finding = Diagnosis['findings'][number]

/** What a diagnosis found; null for every other order, and for an output that another version wrote. */
export function diagnosisOf(order: OrderResource, { output }: Report): Diagnosis | null {
  if (order.type !== 'diagnose.run') return null
  return catalogue['diagnose.run'].output.safeParse(output).data ?? null
}

/** Each cause with what shows it and what would mend it, what follows from it in a line, and what was not seen. */
export function writeDiagnosis({ findings, notLookedAt }: Diagnosis, order: OrderResource, context: Context): void {
  const { out, language } = context
  for (const finding of findings) {
    if (finding.consequenceOf === null) writeCause(finding, order, context)
    else writeConsequence(finding, findings, context)
  }
  for (const { what, why } of notLookedAt)
    out.line({ text: `  ${words[language].notLookedAt(what, why)}`, style: 'dim' })
}

function writeCause(finding: Finding, order: OrderResource, { out, language }: Context): void {
  const { symptom, cause, confidence, evidence, mend } = finding
  const sureness = `  (${words[language].confidence[confidence]})`
  out.line('  ', { text: symptom[language], style: 'bold' }, ` — ${cause[language]}`, { text: sureness, style: 'dim' })
  for (const line of evidence) out.line({ text: `    │ ${line}`, style: 'dim' })
  out.line('    → ', mend.advice[language])
  if (mend.order) out.line('      ', { text: commandFor(mend.order, order), style: 'cyan' })
}

function writeConsequence({ symptom, cause, consequenceOf }: Finding, all: Finding[], context: Context): void {
  const { out, language } = context
  const from = all.find(({ rule }) => rule === consequenceOf)?.symptom[language] ?? ''
  out.line('  ', symptom[language], ` — ${cause[language]}`, {
    text: `  (${words[language].followsFrom(from)})`,
    style: 'dim',
  })
}

/** For where the diagnosis was made. */
function commandFor(
  { type, payload }: { type: string; payload: unknown },
  { serverId, runnerId }: OrderResource,
): string {
  const target = serverId ? ['--server', shortId(serverId)] : runnerId ? ['--runner', shortId(runnerId)] : []
  const words = ['ikoma', 'order', 'create', type, ...target, '--payload', JSON.stringify(payload)]
  return words.map(shellQuote).join(' ')
}

const words = translated({
  en: {
    confidence: { certain: 'certain', likely: 'likely', possible: 'possible' },
    followsFrom: (cause: string) => `follows from: ${cause}`,
    notLookedAt: (what: string, why: string) => `not looked at: ${what} (${why})`,
  },
  fr: {
    confidence: { certain: 'certain', likely: 'probable', possible: 'possible' },
    followsFrom: (cause) => `découle de : ${cause}`,
    notLookedAt: (what, why) => `non examiné : ${what} (${why})`,
  },
})
