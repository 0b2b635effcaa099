import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processesWith } from '../kit/process-table.ts'
import { until } from '../kit/until.ts'

/** Carries the id of the process that tests, so that the next run knows whether it is still in use. */
const folderName = /^ikoma-vps-(\d+)-/

/** A folder for what is started beside the hosts. Each process has it as its HOME, by which a later run finds it. */
export function newScratchFolder(): string {
  return mkdtempSync(join(tmpdir(), `ikoma-vps-${process.pid}-`))
}

export function removeScratchFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}

/** What a run that was killed has left on this machine. */
export async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const owner = folderName.exec(name)?.[1]
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue
    const folder = join(tmpdir(), name)
    const pids = () => processesWith(`HOME=${folder}`).map(({ pid }) => pid)
    // Docker's daemon ends its containers first.
    for (const pid of pids()) process.kill(pid, isDocker(pid) ? 'SIGTERM' : 'SIGKILL')
    await until(`the processes of a killed run in ${folder} to end`, () => pids().length === 0, 60_000)
    removeScratchFolder(folder)
  }
}

function isDocker(pid: number): boolean {
  return /^(dockerd|containerd)/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'))
}
