import { isDeepStrictEqual } from 'node:util'
import type { Host } from './host.ts'
import { Begun, type Change, type Course, planFor } from './plan.ts'
import { isPending, linesOf, planStages, type Stage, type StagePlan } from './stages.ts'

export interface Converging extends Course {
  dryRun: boolean
  /** Called with the plan before anything is done, and again with a stage that turns out otherwise in its turn. */
  show(plan: readonly StagePlan[]): void
}

export interface Converged {
  /** As it was before anything was done. */
  plan: readonly StagePlan[]
  /** The changes that were made; none in a dry run, or when everything was so. */
  made: readonly Change[]
  /** Titles of what is still to do although it was done; none after a dry run. */
  left: readonly string[]
}

/** Says what `left` names. */
export function notConverged(left: readonly string[]): string {
  return `It was done, and yet is still to do: ${left.join('; ')}.`
}

/**
 * Plans what is left to do, shows it, does it unless it is a dry run, and looks again: afterwards nothing may be left.
 * Each stage is planned anew once those before it are done. When a change or a plan fails, or a stop comes, everything
 * that was made is taken back, last first, and it rejects; once all is made and looked at again, it stays. Killed, it goes
 * on where it was when it is called again.
 */
export async function converge(stages: readonly Stage[], host: Host, course: Converging): Promise<Converged> {
  const { step, dryRun, show } = course
  const plan = await step('plan', () => planStages(stages, host))
  show(plan)
  if (dryRun || !isPending(plan)) return { plan, made: [], left: [] }
  const made = await makeStages(stages, plan, host, course)
  const left = await step('verify', () => planStages(stages, host))
  return { plan, made, left: linesOf(left).map(({ title }) => title) }
}

async function makeStages(
  stages: readonly Stage[],
  plan: readonly StagePlan[],
  host: Host,
  course: Converging,
): Promise<Change[]> {
  const begun = new Begun(course)
  const made: Change[] = []
  try {
    for (const [index, stage] of stages.entries()) {
      const changes = await planNow(stage, plan[index]?.changes ?? null, made, { host, course })
      await begun.make(changes, host)
      made.push(...changes)
    }
    return made
  } catch (error) {
    await begun.takeBack()
    throw error
  }
}

/** Nothing was made since it was planned: then that is the plan which people saw. Otherwise it is planned anew. */
async function planNow(
  { title, desired }: Stage,
  shown: readonly Change[] | null,
  made: readonly Change[],
  { host, course }: { host: Host; course: Converging },
): Promise<readonly Change[]> {
  if (shown !== null && made.length === 0) return shown
  course.signal.throwIfAborted()
  const changes = await course.step(`plan: ${title}`, () => planFor(desired, host))
  const anew = [{ title, changes, certain: [] }]
  const before = [{ title, changes: shown ?? [], certain: [] }]
  if (!isDeepStrictEqual(linesOf(anew), linesOf(before))) course.show(anew)
  return changes
}
