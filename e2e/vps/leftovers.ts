import { existsSync, readFileSync } from 'node:fs'
import { processesWith } from '../kit/process-table.ts'
import { until } from '../kit/until.ts'
import { type Docker, dockerAt } from './docker.ts'
import { mustRun } from './program.ts'
import { abandonedFolders, removeScratchFolder } from './scratch.ts'

/** The process that tests, by which a later run knows whether a host is still in use. */
export const ownerLabel = 'ikoma.vps.owner'

/** What runs that were killed have left on this machine. */
export async function removeLeftovers(): Promise<void> {
  for (const folder of abandonedFolders()) {
    const socket = `${folder}/docker.sock`
    if (existsSync(socket)) await removeOldHosts(dockerAt(`unix://${socket}`)).catch(() => undefined)
    const pids = () => processesWith(`HOME=${folder}`).map(({ pid }) => pid)
    const daemons = () => pids().filter(isDocker)
    // It ends what it has started, in its order.
    for (const pid of daemons()) process.kill(pid, 'SIGTERM')
    await until(`the Docker daemon of a killed run in ${folder} to end`, () => daemons().length === 0, 60_000)
    for (const pid of pids()) process.kill(pid, 'SIGKILL')
    await until(`the processes of a killed run in ${folder} to end`, () => pids().length === 0)
    for (const path of mountsBelow(folder)) await mustRun(['umount', '--lazy', path])
    removeScratchFolder(folder)
  }
}

/** Hosts whose test was killed, and their networks. */
export async function removeOldHosts(docker: Docker): Promise<void> {
  const format = ['--filter', `label=${ownerLabel}`, '--format', `{{.ID}} {{.Label "${ownerLabel}"}}`]
  const oldOf = async (list: string[]) => {
    const lines = (await docker.must([...list, ...format])).split('\n').filter(Boolean)
    const pairs = lines.map((line) => line.split(' '))
    return pairs.flatMap(([id = '', owner]) => (existsSync(`/proc/${owner}`) ? [] : [id]))
  }
  for (const id of await oldOf(['ps', '--all'])) await docker.run(['rm', '--force', '--volumes', id])
  for (const id of await oldOf(['network', 'ls'])) await docker.run(['network', 'rm', id])
}

function isDocker(pid: number): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'dockerd\n'
}

function mountsBelow(folder: string): string[] {
  const paths = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
  return paths.filter((path) => path.startsWith(`${folder}/`)).toReversed()
}
