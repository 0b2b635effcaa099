import { join } from 'node:path'
import type { BackendParts, RunningBackend } from '@ikoma/backend'
import { systemClock } from '@ikoma/kernel'
import { isLocal } from '@ikoma/kernel/contract'
import { newToken, readOrMakeSecretFile } from '@ikoma/kernel/node'
import { createApp } from './app.ts'
import { seedSite } from './store/seed.ts'

/** The app on this machine's clock, with what it needs at its first start: a place, and an admin. */
export async function startApp(parts: BackendParts): Promise<RunningBackend> {
  const { config, database, dataDir } = parts
  await seedSite(database, config.text('SITE_ZONE'))
  const { backend: server, identity, jobs } = await createApp(parts, systemClock)
  await jobs.work()
  const backend = {
    ...server,
    close: async () => {
      await server.close()
      await jobs.stop()
    },
  }
  const email = config.findText('INITIAL_ADMIN_EMAIL')
  if (email === null) return backend
  const file = join(dataDir, 'admin.password')
  const given = config.findSecret('INITIAL_ADMIN_PASSWORD')?.reveal()
  const password =
    given ?? (isLocal(config.environment) ? readOrMakeSecretFile(file, () => newToken('admin')).content : null)
  if (password === null) return backend
  await identity.createInitialAdmin({ email, password })
  return { ...backend, greeting: given ? [] : [`${email}, password in ${file}`] }
}
