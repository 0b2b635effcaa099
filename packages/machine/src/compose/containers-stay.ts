import type { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { outputOf } from '../must-run.ts'
import { becomesReady, type Ready } from '../ready.ts'
import { type Container, containersOf, isGood } from './docker.ts'
import { failedContainer, lastWords, logOf, type WatchedProject } from './failed-container.ts'

/** A place that answers: Docker itself listens on a published port, whatever the program behind it does. */
export type Answering = Ready & { path: string }

export interface Patience {
  /** How long containers have to become healthy. */
  waitSec: number
  /** How long containers are watched. */
  settleSec: number
  /** What has to answer besides. */
  ready?: Answering | undefined
}

/**
 * Watches the containers of a project until each is well, and its place answers; rejects when one ends, is gone, is
 * restarted by Docker, or is not healthy in time. The wait is a program of the machine, so that what stops the order ends
 * it.
 */
export async function containersStay(
  host: Host,
  project: WatchedProject,
  { waitSec, settleSec, ready }: Patience,
): Promise<void> {
  const watch = await Watch.begin(host, project)
  for (let waitedSec = 0; ; waitedSec += settleSec) {
    await outputOf(host, { argv: ['sleep', String(settleSec)], timeoutSec: settleSec + 30 })
    const now = await watch.now()
    const bad = watch.badOf(now)
    const late = now.find(({ health }) => health === 'starting')
    if (!bad && !late) break
    if (bad || waitedSec + settleSec >= waitSec) throw await watch.failed((bad ?? late) as Container)
  }
  if (ready) await watch.answers(ready)
}

/** The containers of a project as they were when the watch began, and what became of them. */
class Watch {
  readonly #host: Host
  readonly #project: WatchedProject
  readonly #first: ReadonlyMap<string, Container>

  private constructor(host: Host, project: WatchedProject, first: readonly Container[]) {
    this.#host = host
    this.#project = project
    this.#first = new Map(first.map((each) => [each.id, each]))
  }

  static async begin(host: Host, project: WatchedProject): Promise<Watch> {
    return new Watch(host, project, await watchedOf(host, project))
  }

  now(): Promise<Container[]> {
    return watchedOf(this.#host, this.#project)
  }

  badOf(now: readonly Container[]): Container | undefined {
    const restarted = (each: Container) => each.restarts > (this.#first.get(each.id)?.restarts ?? 0)
    const gone = [...this.#first.values()].find(({ id }) => !now.some((each) => each.id === id))
    return now.find((each) => !isGood(each) || restarted(each)) ?? (gone && { ...gone, state: 'gone', health: null })
  }

  failed(bad: Container): Promise<AppError> {
    // What a former run of the same container said is no answer.
    return failedContainer(this.#host, this.#project, { bad, since: this.#since([bad]) })
  }

  async answers(ready: Answering): Promise<void> {
    const containers = [...this.#first.values()]
    let bad: Container | undefined
    const started = {
      name: this.#project.name,
      log: logOf(containers.map(({ name }) => name)),
      state: async () => {
        const now = await this.now()
        bad = this.badOf(now)
        return { up: bad === undefined, restarts: now.reduce((sum, { restarts }) => sum + restarts, 0) }
      },
      ports: async () => [],
      failed: () => this.failed((bad ?? containers[0]) as Container),
      said: () => lastWords(this.#host, this.#project, { of: containers, since: this.#since(containers) }),
    }
    await becomesReady(this.#host, started, { settleSec: 0, ready })
  }

  #since(containers: readonly Container[]): string | undefined {
    const times = containers.map(({ id, startedAt }) => this.#first.get(id)?.startedAt ?? startedAt)
    // What was never started has the year 1.
    return times.filter((time) => Date.parse(time) > 0).sort()[0]
  }
}

async function watchedOf(host: Host, { name, directory, service }: WatchedProject): Promise<Container[]> {
  const all = await containersOf(host, name, directory)
  return all.filter((each) => service === undefined || each.service === service)
}
