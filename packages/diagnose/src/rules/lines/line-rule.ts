import { appDown } from '../../consequences.ts'
import type { Evidence } from '../../evidence.ts'
import type { Words } from '../../finding.ts'
import { type LogMatch, logRule, type Rule } from '../../rule.ts'
import { thenRestart } from '../mends.ts'

type Both = readonly [en: string, fr: string]

interface LineRule {
  name: string
  patterns: readonly RegExp[]
  symptom: Both
  /** `{host}` stands for what the line named so; `{host|its host}` for that, or else for what follows. */
  cause: Both
  /** What a person has to do before a restart. */
  advice: Both
  /** Rules beside those that follow from an app that is down. */
  explains?: readonly string[]
  isOver?: (match: LogMatch) => boolean
}

/** A trouble that programs put into words, and that people have to mend. */
export function lineRule({ name, patterns, symptom, cause, advice, explains = [], isOver }: LineRule): Rule {
  return logRule({
    name,
    patterns,
    explains: [...appDown, ...explains],
    symptom: { en: symptom[0], fr: symptom[1] },
    cause: ({ groups }) => filled(cause, groups),
    mend: ({ groups, evidence }) => thenRestart(evidence as Evidence, filled(advice, groups)),
    ...(isOver && { isOver }),
  })
}

function filled([en, fr]: Both, groups: LogMatch['groups']): Words {
  const fill = (text: string) =>
    text.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name: string, otherwise = '?') => groups[name]?.trim() || otherwise)
  return { en: fill(en), fr: fill(fr) }
}
