import { matchesGlob } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'

/**
 * The files that an EnvironmentFile= names, which systemd takes for a pattern of glob(7). One that matches nothing, or whose
 * folder is closed to us, stays as it is written: that is then the file that is missing.
 */
export async function filesMatching(host: Host, pattern: string): Promise<string[]> {
  if (!/[*?[\\]/.test(pattern)) return [pattern]
  let found = ['']
  for (const part of pattern.split('/').slice(1)) {
    const next: string[] = []
    for (const folder of found)
      next.push(...(await entriesMatching(host, folder, part)).map((name) => `${folder}/${name}`))
    found = next
  }
  const there: string[] = []
  for (const path of found) if ((await host.look(path)) !== null) there.push(path)
  return there.length > 0 ? there.sort() : [pattern]
}

async function entriesMatching(host: Host, folder: string, part: string): Promise<string[]> {
  if (!/[*?[]/.test(part.replace(/\\./g, ''))) return [part.replace(/\\(.)/g, '$1')]
  const names = await host.list(folder || '/').catch((error: unknown) => {
    if (error instanceof AppError || (error as NodeJS.ErrnoException).code === 'EACCES') return []
    throw error
  })
  // A dot at the beginning is matched by a dot alone.
  return names.filter((name) => name.startsWith('.') === part.startsWith('.') && matchesGlob(name, part))
}
