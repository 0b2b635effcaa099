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
  const aside = (each: Found) => Number(isAside(each, found))
  return found
    .toSorted(
      (a, b) =>
        depth(a) - depth(b) ||
        aside(a) - aside(b) ||
        sureness[a.finding.confidence] - sureness[b.finding.confidence] ||
        newerFirst(a.finding, b.finding),
    )
    .map(({ rule, finding: { at: _, ...finding } }, _index, sorted) => ({
      ...finding,
      rule: rule.name,
      consequenceOf: sorted.findLast((other) => other.rule.explains.includes(rule.name))?.rule.name ?? null,
    }))
}

/** True as it may be, it explains nothing of what is down, and others do. */
function isAside({ rule }: Found, found: readonly Found[]): boolean {
  const explainsSome = (each: Rule) => found.some((other) => each.explains.includes(other.rule.name))
  return !explainsSome(rule) && found.some((other) => explainsSome(other.rule))
}

/** Lines of one moment tell of one trouble, whatever their order. */
const momentMs = 5000

function newerFirst({ at: one }: Finding, { at: other }: Finding): number {
  if (one == null || other == null || Math.abs(one - other) < momentMs) return 0
  return other - one
}

/** How many causes stand above it. Rules never explain each other in a circle. */
function depthOf(each: Found, found: readonly Found[]): number {
  const causes = found.filter(({ rule }) => rule.explains.includes(each.rule.name))
  return causes.reduce((deepest, cause) => Math.max(deepest, depthOf(cause, found) + 1), 0)
}
