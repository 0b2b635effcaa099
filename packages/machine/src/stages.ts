import type { Host } from './host.ts'
import { type Change, type Desired, planFor } from './plan.ts'

/**
 * A part of a plan that is planned once the stages before it are done, because it looks at what they make: a package of a
 * repository that a stage adds, a service of a folder that a stage fetches.
 */
export interface Stage {
  /** What it is for, in a line: `install Node.js`. */
  title: string
  desired: readonly Desired[]
  /**
   * Whether it can also be planned on the machine as it is, with changes of earlier stages still to come: then a dry run
   * shows its changes, and what it refuses is refused before anything is done. It can by default.
   */
  foreseen?(host: Host): Promise<boolean>
  /** Parts of it that are certain whatever the stages before make: shown where the whole cannot be foreseen. */
  certain?: readonly Desired[]
}

/** All that is desired at once: what needs no stages. */
export function oneStage(desired: readonly Desired[]): Stage[] {
  return [{ title: '', desired }]
}

/** A stage as it looks now. */
export interface StagePlan {
  title: string
  /** Null when it is planned only after those before it are done. */
  changes: readonly Change[] | null
  /** What is certain of it even then. */
  certain: readonly Change[]
}

/** What is left to do of each stage, as far as it can be said now. */
export async function planStages(stages: readonly Stage[], host: Host): Promise<StagePlan[]> {
  const plan: StagePlan[] = []
  for (const { title, desired, foreseen, certain = [] } of stages) {
    const hidden = isPending(plan) && foreseen !== undefined && !(await foreseen(host))
    if (hidden) plan.push({ title, changes: null, certain: await planFor(certain, host) })
    else plan.push({ title, changes: await planFor(desired, host), certain: [] })
  }
  return plan
}

/** Whether a plan has something to do. */
export function isPending(plan: readonly StagePlan[]): boolean {
  return plan.some(({ changes }) => changes === null || changes.length > 0)
}

export type PlanLine = Pick<Change, 'title' | 'diff'>

/** A plan for people, a line a change. Of what can only be planned later, what it is for. */
export function linesOf(plan: readonly StagePlan[]): PlanLine[] {
  return plan.flatMap(({ title, changes, certain }) => [
    ...(changes === null ? [{ title: `then: ${title}`, diff: null }] : []),
    ...(changes ?? certain).map(({ title, diff }) => ({ title, diff })),
  ])
}
