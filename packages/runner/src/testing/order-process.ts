import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Backup } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { expect } from 'vitest'
import { killMarked } from '../host/process-tree.ts'

/** Of the time that it takes undisturbed, which varies: the first are sure to be in the middle. */
export const moments = [0.15, 0.35, 0.5, 0.65, 0.8, 0.95]

/** An order in a process of its own. */
export function startOrder(type: string, payload: object) {
  const program = join(import.meta.dirname, 'order-alone.ts')
  const marker = `alone.${newId()}`
  const child = spawn(process.execPath, [program, marker, type, JSON.stringify(payload)], { stdio: 'ignore' })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { marker, ended, kill: () => child.exitCode === null && child.kill('SIGKILL') }
}

/** Takes a backup undisturbed, and kills one at each moment. Gives what there was before the first was killed. */
export async function cutOrders(
  type: string,
  payload: object,
  list: () => Promise<{ backups: Backup[] }>,
): Promise<Backup[]> {
  const begunMs = performance.now()
  expect(await startOrder(type, payload).ended).toBe(0)
  const durationMs = performance.now() - begunMs
  const { backups } = await list()
  expect(backups).toMatchObject([{ state: 'proven' }])
  let cut = 0
  for (const moment of moments) {
    const running = startOrder(type, payload)
    await sleep(durationMs * moment)
    if (running.kill()) cut += 1
    await running.ended
    // As the next runner does with what the killed one has left.
    await killMarked(running.marker, 0)
  }
  // With fewer this would show nothing.
  expect(cut).toBeGreaterThanOrEqual(2)
  return backups
}
