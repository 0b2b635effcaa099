import { copyFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { node } from '../kit/product.ts'
import type { Docker } from '../vps/docker.ts'
import { mustRun } from '../vps/program.ts'
import { telling } from '../vps/tell.ts'
import { baseImage } from './base-image.ts'

/**
 * Images in the place of those that the compose files name and cannot be pulled here, by the variables that say so there:
 * Debian's programs with the same entry points. PostgreSQL is 15 where the document has 16.
 */
export async function makeStandIns(docker: Docker, folder: string): Promise<Record<string, string>> {
  const base = await baseImage(docker)
  const contexts = join(folder, 'stand-ins')
  cpSync(join(import.meta.dirname, 'stand-ins'), contexts, { recursive: true })
  copyFileSync(node, join(contexts, 'node/node'))
  const modules = (await mustRun(['npm', 'root', '--global'])).trim()
  cpSync(join(modules, 'npm'), join(contexts, 'node/npm'), { recursive: true })
  const images: Record<string, string> = {}
  for (const name of ['postgres', 'redis', 'nginx', 'certbot', 'node']) {
    const image = `stand-in-${name}`
    await telling(`build ${image}`, () =>
      docker.must(['build', '--quiet', '--build-arg', `BASE=${base}`, '--tag', image, join(contexts, name)], {
        timeoutSec: 180,
      }),
    )
    images[`${name.toUpperCase()}_IMAGE`] = image
  }
  return images
}
