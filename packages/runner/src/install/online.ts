import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '@ikoma/machine'
import { localHost } from '../host/local-host.ts'
import { heardFile, heardSchema } from '../protocol/heard-of.ts'
import * as places from './places.ts'

export interface Standing {
  online: boolean
  /** What the runner says of the control plane; null when it has said nothing yet. */
  error: string | null
  /** The last lines of its unit's log, when it is not online. */
  log: string[]
}

export interface Waiting {
  withinMs: number
  signal: AbortSignal
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Waits until the control plane has answered the installed runner, or says why it has not. */
export function untilRunnerOnline(waiting: Waiting): Promise<Standing> {
  const programs = { cwd: '/', marker: `online.${process.pid}`, killGraceMs: 5_000, signal: waiting.signal }
  return untilOnline(
    localHost(programs, () => undefined),
    readHeard,
    waiting,
  )
}

/** `read` gives what the runner has left in its folder; null for nothing. */
export async function untilOnline(host: Host, read: () => Promise<string | null>, waiting: Waiting): Promise<Standing> {
  const { withinMs, signal, now, sleep } = waiting
  const until = now() + withinMs
  let error: string | null = null
  for (;;) {
    const heard = heardSchema.safeParse(parse(await read())).data
    // Another process wrote it, perhaps one that is over.
    const current = heard && heard.pid === (await mainPid(host)) ? heard : null
    if (current?.heard) return { online: true, error: null, log: [] }
    error = current?.error ?? error
    if (now() >= until || signal.aborted) return { online: false, error, log: await lastLines(host) }
    await sleep(500, signal)
  }
}

/** The folder is the runner's own: what it may have put there is no link that root would follow, and not long. */
async function readHeard(): Promise<string | null> {
  try {
    const path = join(places.stateDir, heardFile)
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!(await file.stat()).isFile()) return null
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8_192), 0, 8_192, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return null
  }
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}

async function mainPid(host: Host): Promise<number> {
  const argv = ['systemctl', 'show', '--property=MainPID', '--value', places.runnerUnit] as const
  return Number((await host.run({ argv })).stdout)
}

async function lastLines(host: Host): Promise<string[]> {
  const argv = ['journalctl', '--no-pager', '--output=cat', '--lines=8', `--unit=${places.runnerUnit}`] as const
  const { stdout } = await host.run({ argv })
  return stdout.split('\n').filter((line) => line !== '')
}
