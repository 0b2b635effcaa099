// A control plane for the load generator: `node bench/server.ts sqlite|memory|postgres <folder> [database url] [port]`.
// Says `{"url": …}` on stdout when it listens.
import { join } from 'node:path'
import { createControlPlane, openKeyring } from '@ikoma/control-plane'
import type { Store } from '@ikoma/domain'
import { createLog } from '@ikoma/kernel/node'
import { openPostgresStore, openSqliteStore } from '@ikoma/store'
import { openMemoryStore } from './memory-store.ts'

const [kind = 'sqlite', folder = '.', databaseUrl = '', port = '0'] = process.argv.slice(2)
const adminKey = process.env.IKOMA_ADMIN_KEY ?? ''
const keyring = openKeyring(join(folder, 'keys'))

async function openStore(): Promise<Store> {
  if (kind === 'memory') return openMemoryStore()
  const { sealKey } = keyring
  if (kind === 'postgres') return openPostgresStore({ url: databaseUrl, sealKey })
  return openSqliteStore({ file: join(folder, 'ikoma.db'), sealKey })
}

const store = await openStore()
const controlPlane = await createControlPlane({
  store,
  keyring,
  adminKey,
  // Without one, whose connection a request came by is looked up among those of the whole fleet.
  metricsToken: adminKey,
  log: createLog('warn', process.stderr),
  version: 'bench',
})
const url = await controlPlane.listen('127.0.0.1', Number(port))
process.stdout.write(`${JSON.stringify({ url })}\n`)
// However the load generator ends, its control planes end with it.
process.stdin.once('end', () => process.exit(1)).resume()
process.once('SIGTERM', () => {
  void controlPlane
    .close()
    .then(() => store.close())
    .then(() => process.exit(0))
})
