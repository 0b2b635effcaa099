import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createControlPlane, openKeyring } from '@ikoma/control-plane'
import type { Store } from '@ikoma/domain'
import { createLog, type Log } from '@ikoma/kernel/node'
import { openPostgresStore, openSqliteStore } from '@ikoma/store'
import { version } from '../version.ts'
import { type AdminKey, resolveAdminKey } from './admin-key.ts'
import type { ServerConfig } from './config.ts'

export interface RunningServer {
  address: string
  adminKey: AdminKey
  log: Log
  store: Store
  close(): Promise<void>
}

/** Opens the store, migrates it, and listens. Rejects, with nothing left open, when any of it cannot be done. */
export async function openServer(config: ServerConfig, docsAssets?: string): Promise<RunningServer> {
  const log = createLog(config.logLevel, process.stderr)
  const adminKey = resolveAdminKey(config)
  const keyring = openKeyring(config.keysDir)
  const store = await openStore(config, log)
  try {
    const controlPlane = await createControlPlane({
      ...config,
      store,
      keyring,
      adminKey: adminKey.key,
      log,
      version,
      docsAssets,
    })
    const address = await controlPlane.listen(config.host, config.port)
    log.info({ address, store: store.dialect }, 'the control plane is ready')
    return {
      address,
      adminKey,
      log,
      store,
      async close() {
        await controlPlane.close()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

function openStore({ database }: ServerConfig, log: Log): Promise<Store> {
  if (database.kind === 'sqlite') return openSqliteStore({ file: database.file })
  const { url, listenUrl, prepare } = database
  return openPostgresStore({ url, listenUrl, prepare, log: (message, cause) => log.warn({ err: cause }, message) })
}

/** The bundle carries the documentation page's assets beside it; the sources take them from their package. */
export function docsAssets(): string | undefined {
  const beside = fileURLToPath(new URL('./docs-assets', import.meta.url))
  return existsSync(beside) ? beside : undefined
}
