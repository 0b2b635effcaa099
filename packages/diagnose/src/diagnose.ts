import type { NotLookedAt } from './evidence.ts'
import type { RankedFinding } from './finding.ts'
import { gather, type Sight } from './gather/index.ts'
import { judge } from './rank.ts'
import { rules } from './rules/index.ts'
import type { Subject } from './subject.ts'

export interface Diagnosis {
  findings: RankedFinding[]
  notLookedAt: NotLookedAt[]
}

/** Looks at what may be wrong with an app and says what it is, causes first, and what would mend it. Changes nothing. */
export async function diagnose(subject: Subject, sight: Sight): Promise<Diagnosis> {
  const evidence = await gather(subject, sight)
  return { findings: judge(evidence, rules), notLookedAt: byReason(evidence.notLookedAt) }
}

/** Without docker there is much that cannot be seen, for one reason. */
function byReason(notes: readonly NotLookedAt[]): NotLookedAt[] {
  const groups = Map.groupBy(notes, ({ why }) => why)
  return [...groups].map(([why, same]) => ({ what: [...new Set(same.map(({ what }) => what))].join(', '), why }))
}
