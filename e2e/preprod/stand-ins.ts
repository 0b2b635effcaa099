import { copyFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { debianImage } from '../kit/debian.ts'
import { node } from '../kit/product.ts'
import type { Docker } from '../vps/docker.ts'
import { mustRun } from '../vps/program.ts'
import { telling } from '../vps/tell.ts'
import { underStandIns } from './base-image.ts'

/** The variables that name each in the compose files. */
const variables = {
  postgres: ['POSTGRES_IMAGE'],
  redis: ['REDIS_IMAGE'],
  nginx: ['NGINX_IMAGE'],
  certbot: ['CERTBOT_IMAGE'],
  node: ['NODE_IMAGE', 'BASE_IMAGE'],
} as const

export type StandIn = keyof typeof variables

/**
 * Images in the place of those that the compose files name and cannot be pulled here, by the variables that say so there:
 * Debian's programs with the same entry points. PostgreSQL is 15 where the document has 16.
 */
export async function makeStandIns(
  docker: Docker,
  folder: string,
  names: readonly StandIn[],
): Promise<Record<string, string>> {
  const base = await debianImage(docker, underStandIns)
  const contexts = join(folder, 'stand-ins')
  cpSync(join(import.meta.dirname, 'stand-ins'), contexts, { recursive: true })
  copyFileSync(node, join(contexts, 'node/node'))
  const modules = (await mustRun(['npm', 'root', '--global'])).trim()
  cpSync(join(modules, 'npm'), join(contexts, 'node/npm'), { recursive: true })
  const images: Record<string, string> = {}
  for (const name of names) {
    const image = `stand-in-${name}`
    await telling(`build ${image}`, () =>
      docker.must(['build', '--quiet', '--build-arg', `BASE=${base}`, '--tag', image, join(contexts, name)], {
        timeoutSec: 180,
      }),
    )
    for (const variable of variables[name]) images[variable] = image
  }
  return images
}
