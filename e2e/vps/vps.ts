import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { node, root } from '../kit/product.ts'
import { until } from '../kit/until.ts'
import { newBareHost } from './bare-host.ts'
import { startControlPlane, type TestControlPlane } from './control-plane.ts'
import type { Host } from './host.ts'
import { type Orders, ordersFor } from './orders.ts'
import { telling } from './tell.ts'

/** A server under a control plane, as somebody who follows the README would have it. */
export interface Vps extends Orders {
  host: Host
  controlPlane: TestControlPlane
  runnerId: string
  close(): Promise<void>
}

export interface VpsOptions {
  /** What the control plane may ask of it, and its own policy allows, beside looking. */
  scopes: string[]
}

const folder = '/opt/ikoma'
export const installedNode = `${folder}/node`

export async function newVps({ scopes }: VpsOptions): Promise<Vps> {
  const host = await newBareHost()
  let controlPlane: TestControlPlane | null = null
  const close = async () => {
    await controlPlane?.close()
    await host.stop()
  }
  try {
    controlPlane = await startControlPlane(host.gateway)
    const runnerId = await install(host, controlPlane, scopes)
    return { host, controlPlane, runnerId, close, ...ordersFor(controlPlane.client, runnerId) }
  } catch (error) {
    process.stderr.write(`${await lastWords(host)}\n${controlPlane?.outputs()}\n`)
    await close()
    throw error
  }
}

/** What the README has the owner of a server type, and nothing else. */
function install(host: Host, { client, url }: TestControlPlane, scopes: string[]): Promise<string> {
  return telling('install the runner as the README says', async () => {
    const { token } = await client.createEnrolment({
      name: 'vps',
      scopes: ['runner', 'system.facts', 'check', ...scopes],
    })
    await host.see(['mkdir', folder])
    await host.copyIn(join(root, 'dist'), `${folder}/dist`)
    await host.copyIn(realpathSync(node), installedNode)
    const allowed = scopes.flatMap((scope) => ['--allow', scope])
    const ikoma = [installedNode, `${folder}/dist/index.cjs`] as const
    await host.see([...ikoma, 'runner', 'install', '--url', url, '--token', token, '--insecure', ...allowed])
    return until('the runner to be online', async () => {
      const [runner] = (await client.listRunners()).items
      return runner?.status === 'ONLINE' ? runner.id : null
    })
  })
}

/** For whoever must find out why it did not come up. */
async function lastWords(host: Host): Promise<string> {
  const { stdout } = await host.look(['journalctl', '--no-pager', '--lines=60', '--unit=ikoma-*'])
  return stdout
}
