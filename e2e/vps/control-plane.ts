import { join } from 'node:path'
import { type Keyring, openKeyring } from '@ikoma/control-plane'
import { newDatabase } from '../kit/database.ts'
import type { Process } from '../kit/process.ts'
import { adminKey, type ControlPlane, World } from '../kit/world.ts'
import { newScratchFolder } from './scratch.ts'

export interface TestControlPlane extends ControlPlane {
  /** What it signs grants with, for tests that play somebody who got hold of a grant. */
  keyring: Keyring
  /** The command line of somebody at another machine who looks after this control plane. */
  ikoma(args: string[]): Process
  /** Its database, keys and everything else that it keeps. */
  folder: string
  outputs(): string
  close(): Promise<void>
}

/** As slow as in production: on a busy machine a package may take its time, and no lease may be lost by that. */
const timing = {
  IKOMA_CLAIM_LEASE_SEC: '60',
  IKOMA_RUN_LEASE_SEC: '120',
  IKOMA_TIMEOUT_GRACE_SEC: '30',
  IKOMA_STALE_GRACE_SEC: '60',
  IKOMA_RECONCILE_SEC: '1',
}

/** A control plane on this machine, listening where the hosts reach it. */
export async function startControlPlane(address: string): Promise<TestControlPlane> {
  const folder = newScratchFolder()
  const world = new World(folder, await newDatabase('sqlite', join(folder, 'data', 'ikoma.db')))
  try {
    const server = world.ikoma(['serve'], { ...timing, HOST: address, IKOMA_ADMIN_KEY: adminKey })
    const ready = await world.ready(server)
    const keyring = openKeyring(join(folder, 'data', 'keys'))
    const ikoma = (args: string[]) => world.ikoma(args, { IKOMA_URL: ready.url, IKOMA_ADMIN_KEY: adminKey })
    return { ...ready, keyring, folder, ikoma, outputs: () => world.outputs(), close: () => world.close() }
  } catch (error) {
    await world.close()
    throw error
  }
}
