import { existsSync, readdirSync } from 'node:fs'
import { mustRun, run } from '../vps/program.ts'

/** A network of its own, so that port 80 is free in it and no other Docker daemon's rules are in the way. */
export interface Network {
  /** The beginning of all its addresses, as `10.210`. */
  range: string
  /** Of this machine, as it is seen from there. */
  outside: string
  /** Where what is published there is reached from this machine. */
  inside: string
  /** What starts a program in it. */
  enter: readonly [string, ...string[]]
  close(): Promise<void>
}

const nameOf = (pid: number) => `ikoma-preprod-${pid}`

export async function openNetwork(): Promise<Network> {
  await removeAbandoned()
  const name = nameOf(process.pid)
  const range = `10.${200 + (process.pid % 50)}`
  const [outside, inside] = [`${range}.255.1`, `${range}.255.2`]
  const [here, there] = [`pp${process.pid}a`, `pp${process.pid}b`]
  const enter = ['nsenter', `--net=/run/netns/${name}`] as const
  const ip = (...args: string[]) => mustRun(['ip', ...args])
  const ipInside = (...args: string[]) => mustRun([...enter, 'ip', ...args])
  const close = async () => {
    await run(['ip', 'link', 'del', here])
    await run(['ip', 'netns', 'del', name])
  }
  try {
    await ip('netns', 'add', name)
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name)
    await ip('addr', 'add', `${outside}/30`, 'dev', here)
    await ip('link', 'set', here, 'up')
    await ipInside('link', 'set', 'lo', 'up')
    await ipInside('addr', 'add', `${inside}/30`, 'dev', there)
    await ipInside('link', 'set', there, 'up')
    await ipInside('route', 'add', 'default', 'via', outside)
  } catch (error) {
    await close()
    throw error
  }
  return { range, outside, inside, enter, close }
}

/** Those of runs that were killed; their daemons have ended by then. */
async function removeAbandoned(): Promise<void> {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : []
  for (const name of names) {
    const pid = /^ikoma-preprod-(\d+)$/.exec(name)?.[1]
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    await run(['ip', 'link', 'del', `pp${pid}a`])
    await run(['ip', 'netns', 'del', name])
  }
}
