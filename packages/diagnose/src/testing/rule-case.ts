import type { Evidence } from '../evidence.ts'

export interface RuleCase {
  rule: string
  /** What a person would say has happened. */
  when: string
  /** Different from the healthy host. */
  evidence: Partial<Evidence>
  /** Looks alike, and is something else or nothing. */
  nearMiss: Partial<Evidence>
  /** More to expect of the finding. */
  expect?: object
}
