import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'
import type { TestProject } from 'vitest/node'
import { debianImage } from '../kit/debian.ts'
import { bareDebian } from './base-image.ts'
import { openDocker } from './docker.ts'
import { removeLeftovers, removeOldHosts } from './leftovers.ts'
import { tell, telling } from './tell.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Null where no host can be made, and nobody insists. */
    vps: { dockerHost: string; image: string } | null
  }
}

const tools = ['docker', 'dockerd', 'debootstrap', 'openssl', 'pebble', 'pebble-challtestsrv']

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    refuseBareMachine()
    await removeLeftovers()
    const docker = await telling('find a Docker daemon', openDocker)
    try {
      await removeOldHosts(docker)
      project.provide('vps', { dockerHost: docker.host, image: await debianImage(docker, bareDebian) })
    } catch (error) {
      await docker.close()
      throw error
    }
    return () => docker.close()
  } catch (cause) {
    const reason = `No systemd host can be made here, which takes root and Docker: ${String(cause)}`
    if (process.env.IKOMA_VPS !== 'if-possible') {
      throw new Error(`${reason}\nWith IKOMA_VPS=if-possible these tests are skipped on such a machine.`, { cause })
    }
    tell(`SKIPPED. ${reason}`)
    project.provide('vps', null)
    return async () => {}
  }
}

function refuseBareMachine(): void {
  if (process.getuid?.() !== 0) throw new Error('this is not root')
  const missing = tools.filter((name) => !isOnPath(name))
  if (missing.length > 0) throw new Error(`${missing.join(', ')} not installed; .ci/install-tools does it`)
}

function isOnPath(name: string): boolean {
  return `${process.env.PATH}:/usr/sbin:/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
