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
}

/** All that is desired at once: what needs no stages. */
export function oneStage(desired: readonly Desired[]): Stage[] {
  return [{ title: '', desired }]
}

/** A stage as it looks now; `changes` is null when it is planned only after those before it are done. */
export interface StagePlan {
  title: string
  changes: readonly Change[] | null
}

/** What is left to do of each stage, as far as it can be said now. */
export async function planStages(stages: readonly Stage[], host: Host): Promise<StagePlan[]> {
  const plan: StagePlan[] = []
  for (const { title, desired, foreseen } of stages) {
    const hidden = isPending(plan) && foreseen !== undefined && !(await foreseen(host))
    plan.push({ title, changes: hidden ? null : await planFor(desired, host) })
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
  return plan.flatMap(({ title, changes }) => {
    if (changes === null) return [{ title: `then: ${title}`, diff: null }]
    return changes.map(({ title, diff }) => ({ title, diff }))
  })
}
