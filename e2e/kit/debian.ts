import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Docker } from '../vps/docker.ts'
import { mustRun } from '../vps/program.ts'
import { telling } from '../vps/tell.ts'

/** A Debian that a suite stands on where no image can be pulled. */
export interface DebianRecipe {
  /** The image is `ikoma-<name>`, its files are kept in `~/.cache/ikoma/<name>`. */
  name: string
  /** Where it is written, so that a change of it makes the files anew. */
  file: string
  packages: readonly string[]
  /** What is done to the files once they are there. */
  finish(root: string): Promise<void>
}

const suite = 'bookworm'
const minuteSec = 60
const weekMs = 7 * 86_400_000

/** The name of an image with it. Its files are made once on this machine, by debootstrap. */
export async function debianImage(docker: Docker, recipe: DebianRecipe): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [import.meta.filename, recipe.file]) hash.update(readFileSync(file))
  const version = hash.digest('hex').slice(0, 16)
  const image = `ikoma-${recipe.name}:${version}`
  if ((await docker.run(['image', 'inspect', image])).code === 0) return image
  const archive = await fileSystem(recipe, version)
  await telling(`import a Debian ${suite} as ${image}`, () =>
    docker.must(['import', archive, image], { timeoutSec: 5 * minuteSec }),
  )
  return image
}

async function fileSystem(recipe: DebianRecipe, version: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ikoma', recipe.name)
  const archive = join(cache, `${suite}-${version}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'making-'))
  try {
    await telling(`make a Debian ${suite} with debootstrap, once`, () => make(join(folder, 'root'), recipe))
    await mustRun(['tar', '--directory', join(folder, 'root'), '--create', '--file', join(folder, 'tar'), '.'])
    removeOld(cache)
    renameSync(join(folder, 'tar'), archive)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return archive
}

/** Not those of a few days ago, which another checkout of this machine may still take. */
function removeOld(cache: string): void {
  const archives = readdirSync(cache).filter((name) => name.endsWith('.tar'))
  for (const path of archives.map((name) => join(cache, name)))
    if (statSync(path).mtimeMs < Date.now() - weekMs) rmSync(path)
}

async function make(root: string, { packages, finish }: DebianRecipe): Promise<void> {
  const include = `--include=${packages.join(',')}`
  await mustRun(['debootstrap', '--variant=minbase', include, suite, root], { timeoutSec: 15 * minuteSec })
  await finish(root)
}
