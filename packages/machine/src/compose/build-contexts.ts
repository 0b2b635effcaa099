import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { isRootsAlone, onlyOwnerWrites } from '../safety/index.ts'
import { type ProjectFiles, unreadable } from './project-files.ts'

const maxEntries = 200_000

export interface Built {
  /** Folders that are sent to Docker whole. */
  contexts: readonly string[]
  /** What says how, and what is left out. */
  recipes: readonly string[]
  /** Folders that containers write to. */
  writable: readonly string[]
}

/**
 * Rejects when anybody but root could exchange something of what is built: Docker's programs open what is in there by
 * its path, as root, and would send what a link leads to. What `.dockerignore` leaves out is not opened.
 */
export async function refuseOpenContexts(host: Host, files: ProjectFiles, built: Built): Promise<void> {
  for (const context of built.contexts) {
    const self = await host.look(context)
    if (self === null) throw unreadable(context, 'it is not there')
    const ignored = await ignoredIn(host, files, { context, recipes: built.recipes })
    const isSent = (path: string) => !ignored.some((each) => path === each || path.startsWith(`${each}/`))
    const all = [{ ...self, path: context }, ...(await host.walk(context, maxEntries))].filter(({ path }) =>
      isSent(path),
    )
    const open = all.find((each) => each.kind === 'other' || (each.kind === 'directory' && !isRootsAlone(each)))
    if (open) throw unsafe(open.path, "is not root's alone", 'Give it to root (chown -R root:root)')
    const written = built.writable.find((path) => isSent(path) && (path === context || path.startsWith(`${context}/`)))
    if (written) throw unsafe(written, 'is written to by a container', 'Put it elsewhere, or use a volume')
  }
}

interface Context {
  context: string
  recipes: readonly string[]
}

/** Paths that are left out whole, by a line of their own; none where a line brings something back, or says it of one image. */
async function ignoredIn(host: Host, files: ProjectFiles, { context, recipes }: Context): Promise<string[]> {
  const others = recipes.filter((each) => each.endsWith('.dockerignore') && each !== `${context}/.dockerignore`)
  for (const each of others) if ((await files.text(each)) !== null) return []
  const path = `${context}/.dockerignore`
  // It is opened again: what it says now it must say then.
  const entry = await host.look(path)
  if (entry?.kind !== 'file' || entry.owner !== 'root' || !onlyOwnerWrites(entry)) return []
  const lines = ((await files.text(path)) ?? '').split('\n').map((line) => line.trim())
  if (lines.some((line) => line.startsWith('!'))) return []
  const plain = lines.map((line) => /^\/?([\w-][\w.-]*(?:\/[\w-][\w.-]*)*)\/?$/.exec(line)?.[1])
  return plain.flatMap((each) => (each === undefined ? [] : [`${context}/${each}`]))
}

function unsafe(path: string, why: string, cure: string): AppError {
  const message = `${path} ${why}, and what is built of it is read as root. ${cure}, or leave it out in .dockerignore.`
  return new AppError('unprocessable', message, { reason: 'unsafe_path' })
}
