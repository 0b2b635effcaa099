import { startProcess } from '../kit/process.ts'
import { dockerAt, type OpenDocker } from '../vps/docker.ts'
import { run } from '../vps/program.ts'
import { newScratchFolder, removeScratchFolder } from '../vps/scratch.ts'
import type { Network } from './network.ts'

/** A Docker daemon of its own in a network, with its images and addresses; it leaves nothing. */
export async function startEngine({ enter, range }: Network): Promise<OpenDocker> {
  const folder = newScratchFolder()
  const host = `unix://${folder}/docker.sock`
  const argv = [
    ...enter,
    ...['dockerd', '--host', host, '--bip', `${range}.0.1/24`],
    ...['--default-address-pool', `base=${range}.16.0/20,size=24`],
    ...['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`],
  ] as const
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
  const daemon = startProcess({ argv, cwd: folder, env: { PATH, HOME: folder } })
  const close = async () => {
    await daemon.end('SIGTERM', 60_000).finally(async () => {
      // A hundred thousand files, which Node removes one by one.
      await run(['rm', '-rf', `${folder}/data`], { timeoutSec: 300 })
      removeScratchFolder(folder)
    })
  }
  try {
    await daemon.said(/API listen on/, 60_000)
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
  return { ...dockerAt(host), close }
}
