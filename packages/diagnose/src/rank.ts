import type { Evidence } from './evidence.ts'
import type { Confidence, Finding, RankedFinding } from './finding.ts'
import type { Rule } from './rule.ts'

const sureness: Record<Confidence, number> = { certain: 0, likely: 1, possible: 2 }

interface Found {
  rule: Rule
  finding: Finding
}

/**
 * What the rules find, causes above their consequences: first what nothing else explains, the surest first, then what
 * follows from it, named after the nearest finding that explains it.
 */
export function judge(evidence: Evidence, rules: readonly Rule[]): RankedFinding[] {
  const found = rules.flatMap((rule): Found[] => {
    const finding = rule.find(evidence)
    return finding ? [{ rule, finding }] : []
  })
  const depths = new Map(found.map((each) => [each, depthOf(each, found)]))
  const depth = (each: Found) => depths.get(each) ?? 0
  return found
    .toSorted((a, b) => depth(a) - depth(b) || sureness[a.finding.confidence] - sureness[b.finding.confidence])
    .map(({ rule, finding }, _index, sorted) => ({
      ...finding,
      rule: rule.name,
      consequenceOf: sorted.findLast((other) => other.rule.explains.includes(rule.name))?.rule.name ?? null,
    }))
}

/** How many causes stand above it. Rules never explain each other in a circle. */
function depthOf(each: Found, found: readonly Found[]): number {
  const causes = found.filter(({ rule }) => rule.explains.includes(each.rule.name))
  return causes.reduce((deepest, cause) => Math.max(deepest, depthOf(cause, found) + 1), 0)
}
