import type { OutputOf, PayloadOf } from '@ikoma/api'
import { type Diagnosis, diagnose, type Subject } from '@ikoma/diagnose'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { Redaction } from '../output/redact.ts'
import { secretsIn } from '../output/secret-forms.ts'
import { probesOf } from './diagnose-probes.ts'

export const diagnosis = {
  'diagnose.run': runDiagnosis,
} satisfies FamilyActions<'diagnose'>

/** Says what is wrong; that something is does not fail the order. */
async function runDiagnosis(
  payload: PayloadOf<'diagnose.run'>,
  context: ActionContext,
): Promise<ActionResult<OutputOf<'diagnose.run'>>> {
  const diagnosis = await diagnose(subjectOf(payload), {
    host: context.machine,
    probes: probesOf(context),
    redaction(environments) {
      const redaction = new Redaction(secretsIn(environments))
      return (text) => redaction.text(text)
    },
    now: Date.now(),
  })
  return { ok: true, summary: summaryOf(diagnosis), output: outputOf(diagnosis) }
}

function subjectOf({ unit, url, domain, ...payload }: PayloadOf<'diagnose.run'>): Subject {
  const { port, sqlitePath, composeFile, pm2Name, ...rest } = payload
  return {
    unit: unit === undefined ? null : withSuffix(unit),
    url: url ?? (domain === undefined ? null : `https://${domain}/`),
    domain: domain ?? null,
    port: port ?? null,
    sqlitePath: sqlitePath ?? null,
    composeFile: composeFile ?? null,
    pm2Name: pm2Name ?? null,
    ...rest,
  }
}

function withSuffix(unit: string): string {
  return /\.(service|timer|socket|mount|target|path|slice|scope)$/.test(unit) ? unit : `${unit}.service`
}

function outputOf({ findings, notLookedAt }: Diagnosis): OutputOf<'diagnose.run'> {
  return { findings: findings.map(({ evidence, ...rest }) => ({ ...rest, evidence: [...evidence] })), notLookedAt }
}

function summaryOf({ findings }: Diagnosis): string {
  const causes = findings.filter(({ consequenceOf }) => consequenceOf === null)
  const [first] = causes
  if (!first) return 'Nothing wrong was found.'
  if (causes.length === 1) return first.cause.en
  return `${causes.length} causes were found. ${first.cause.en}`
}
