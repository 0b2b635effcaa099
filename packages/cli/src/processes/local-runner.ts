import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@ikoma/api'
import { enrolRunner, readIdentity } from '@ikoma/runner'
import { version } from '../version.ts'

export interface LocalRunner {
  id: string
  serverId: string | null
}

/** The runner of this machine: at the first start it is enrolled over HTTP like any other, attached to a server of its own. */
export async function enrolLocalRunner(url: string, adminKey: string, stateDir: string): Promise<LocalRunner> {
  if (existsSync(join(stateDir, 'runner.json'))) {
    const { runnerId, serverId } = await readIdentity(stateDir)
    return { id: runnerId, serverId }
  }
  const client = createClient({ url, credential: { kind: 'admin-key', key: adminKey } })
  const server = await client.createServer({ name: hostname(), tags: ['local'] })
  const { token } = await client.createEnrolment({
    name: 'local-runner',
    serverId: server.id,
    labels: { local: 'true' },
  })
  const enrolled = await enrolRunner({ url, token, stateDir, version })
  return { id: enrolled.runnerId, serverId: enrolled.serverId }
}

/** Resolves once the control plane sees the runner, or after `withinMs`: its first heartbeat comes at once. */
export async function untilOnline(url: string, adminKey: string, runnerId: string, withinMs: number): Promise<boolean> {
  const client = createClient({ url, credential: { kind: 'admin-key', key: adminKey } })
  const until = performance.now() + withinMs
  while (performance.now() < until) {
    if ((await client.getRunner(runnerId)).status === 'ONLINE') return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
