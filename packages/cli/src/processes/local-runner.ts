import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ApiError, type Client, createClient } from '@ikoma/api'
import { httpFetch } from '@ikoma/kernel/node'
import { enrolRunner, publicSealKey, readIdentity, sealKeyPath } from '@ikoma/runner'
import { version } from '../version.ts'

export interface LocalRunner {
  id: string
}

/** The runner of this machine: at the first start it is enrolled over HTTP like any other, attached to a server of its own. */
export async function enrolLocalRunner(url: string, adminKey: string, stateDir: string): Promise<LocalRunner> {
  const client = adminClient(url, adminKey)
  const known = await knownRunner(client, stateDir)
  if (known) return known
  const server = await client.createServer({ name: hostname(), tags: ['local'] })
  const { token } = await client.createEnrolment({
    name: 'local-runner',
    serverId: server.id,
    labels: { local: 'true' },
  })
  // An identity that this control plane does not know belonged to another database.
  const { runnerId } = await enrolRunner({ url, token, stateDir, version, force: true })
  return { id: runnerId }
}

async function knownRunner(client: Client, stateDir: string): Promise<LocalRunner | null> {
  if (!existsSync(join(stateDir, 'runner.json'))) return null
  const { runnerId } = await readIdentity(stateDir)
  try {
    const { opensSecrets } = await client.getRunner(runnerId)
    // Enrolled by a former version: it is this machine's own, which this key of the admin may say.
    if (!opensSecrets) await client.updateRunner(runnerId, { sealKey: await publicSealKey(sealKeyPath(stateDir)) })
    return { id: runnerId }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/** Resolves true once the control plane sees the runner, whose first heartbeat comes at once; false after `withinMs`. */
export async function untilOnline(url: string, adminKey: string, runnerId: string, withinMs: number): Promise<boolean> {
  const client = adminClient(url, adminKey)
  const until = performance.now() + withinMs
  while (performance.now() < until) {
    if ((await client.getRunner(runnerId)).status === 'ONLINE') return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

function adminClient(url: string, key: string): Client {
  return createClient({ url, credential: { kind: 'admin-key', key }, fetch: httpFetch })
}
