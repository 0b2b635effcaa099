import { dirname, join } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Host } from '@ikoma/machine'
import { othersWrite } from '@ikoma/machine/safety'

/** What the units start: Node and the bundle's first file, which has its parts beside it. */
export interface Bundle {
  node: string
  entry: string
  /** Another one for another bundle. */
  build: string
}

/**
 * Root will run these files, and the runner's user must be able to read them: refuses what somebody else could change,
 * and what a unit cannot see.
 */
export async function refuseUnsafeBundle({ node, entry }: Pick<Bundle, 'node' | 'entry'>, host: Host): Promise<void> {
  if (!entry.endsWith('.cjs')) throw unsafe(entry, 'is not the bundle. Run `npm run build`, then dist/index.cjs')
  const folder = dirname(entry)
  const parts = (await host.list(folder)).filter((name) => /\.[cm]js$/.test(name)).map((name) => join(folder, name))
  await refuse(node, { kind: 'file', needs: 0o001 }, host)
  for (const path of parts) await refuse(path, { kind: 'file', needs: 0o004 }, host)
  const folders = new Set([...foldersOf(node), ...foldersOf(entry)])
  for (const path of folders) await refuse(path, { kind: 'directory', needs: 0o001 }, host)
}

interface Needed {
  kind: 'file' | 'directory'
  /** Permission of everybody. */
  needs: number
}

async function refuse(path: string, { kind, needs }: Needed, host: Host): Promise<void> {
  if (/^\/(home|root|run\/user)(\/|$)/.test(path)) throw unsafe(path, 'is hidden from units')
  const entry = await host.look(path)
  if (entry?.kind !== kind) throw unsafe(path, `is not a ${kind}`)
  if (entry.owner !== 'root') throw unsafe(path, `belongs to ${entry.owner}, and root would run it`)
  // The sticky bit changes nothing here: Node reads more beside the program than we name, such as a package.json.
  if (othersWrite(entry)) throw unsafe(path, 'can be written by others, and root would run it')
  if (!(entry.mode & needs))
    throw unsafe(path, `cannot be ${needs === 0o004 ? 'read' : 'entered or run'} by the runner's user`)
}

function foldersOf(path: string): string[] {
  const folder = dirname(path)
  return folder === '/' ? [folder] : [folder, ...foldersOf(folder)]
}

function unsafe(path: string, why: string): AppError {
  const advice = 'Put the folder dist and a Node 24 where only root writes, such as /opt/ikoma, and run it from there.'
  return new AppError('unprocessable', `${path} ${why}. ${advice}`, { reason: 'unsafe_program' })
}
