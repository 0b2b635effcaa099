import { readdir, stat } from 'node:fs/promises'

const maxPids = 20

/** Processes that have the file open; of other accounts only root sees them. */
export async function holdersOf(path: string): Promise<number[]> {
  const wanted = await stat(path).catch(() => null)
  if (wanted === null) return []
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    for (const descriptor of await readdir(`/proc/${name}/fd`).catch(() => [])) {
      const open = await stat(`/proc/${name}/fd/${descriptor}`).catch(() => null)
      if (open?.ino !== wanted.ino || open.dev !== wanted.dev) continue
      found.push(Number(name))
      break
    }
    if (found.length >= maxPids) break
  }
  return found
}
