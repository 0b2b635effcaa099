import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ControlPlane, createControlPlane, type Keyring, openKeyring, settleAudit } from '@ikoma/control-plane'
import type { Store } from '@ikoma/domain'
import { AppError, fullJitterMs } from '@ikoma/kernel'
import { createLog, type Log } from '@ikoma/kernel/node'
import { type Opened, openPostgresStore, openSqliteStore, takeDatabase } from '@ikoma/store'
import { version } from '../version.ts'
import { type AdminKey, resolveAdminKey } from './admin-key.ts'
import type { ControlPlaneConfig } from './config.ts'

export interface RunningControlPlane {
  /** Where this machine itself reaches it. */
  url: string
  adminKey: AdminKey
  log: Log
  close(): Promise<void>
}

/** Opens the store, migrates it, and listens. Rejects, with nothing left open, when any of it cannot be done. */
export async function openControlPlane(config: ControlPlaneConfig): Promise<RunningControlPlane> {
  const log = createLog(config.logLevel, process.stderr)
  const { database } = config
  const sole = database.kind === 'sqlite' ? takeDatabase(database.file) : null
  const address = new AddressFile(config.dataDir)
  let store: Store | null = null
  let controlPlane: ControlPlane | null = null
  const close = async () => {
    await controlPlane?.close()
    await store?.close()
    address.remove()
    sole?.release()
  }
  try {
    const adminKey = resolveAdminKey(config)
    const keyring = openKeyring(config.keysDir)
    store = await untilThere(() => openStore(config, keyring, log), log)
    await settleAudit(keyring, store)
    const auditHeadFile = join(config.keysDir, 'audit.head')
    const parts = {
      store,
      keyring,
      auditHeadFile,
      adminKey: adminKey.key,
      log,
      version,
      docsAssets: docsAssets(),
    }
    controlPlane = await createControlPlane({ ...config, ...parts })
    const listensAt = await controlPlane.listen(config.host, config.port)
    const url = localUrl(listensAt)
    address.write(url)
    sole?.tell(url)
    log.info({ address: listensAt, store: store.dialect }, 'the control plane is ready')
    return { url, adminKey, log, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Where the command line in the same folder finds the control plane, for as long as that runs. */
class AddressFile {
  readonly #folder: string
  #written: string | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  write(url: string): void {
    // On PostgreSQL nothing else may have made it.
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    this.#written = `${url}\n`
    writeFileSync(join(this.#folder, 'address'), this.#written)
  }

  /** Leaves that of another process, which on PostgreSQL may have come since. */
  remove(): void {
    const file = join(this.#folder, 'address')
    if (this.#written === null || !existsSync(file)) return
    if (readFileSync(file, 'utf8') === this.#written) rmSync(file, { force: true })
  }
}

/** What passes by itself, as when both start with the machine. */
const passing = ['store_unreachable', 'store_starting', 'store_connections', 'store_read_only']
const waits = { baseMs: 500, capMs: 10_000 }

/** Tries again for as long as the database is not there yet, and says what it waits for; anything else is the caller's to mend. */
async function untilThere(open: () => Promise<Store>, log: Log): Promise<Store> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof AppError && passing.includes(error.reason))) throw error
      log.warn({ err: error, tries }, 'waiting for the database of DATABASE_URL')
      await delay(fullJitterMs(waits, tries, 1))
    }
  }
}

function openStore({ database }: ControlPlaneConfig, keyring: Keyring, log: Log): Promise<Store> {
  const onOpened = ({ formerUntil, sealed, refused }: Opened) => {
    const found = Object.keys({ ...sealed, ...refused }).length > 0
    if (found) log.info({ sealed, refused }, 'rows of a former version were verified and sealed again')
    keyring.noteFormerUntil(formerUntil)
  }
  const sealing = { sealKey: keyring.sealKey, formerUntil: keyring.formerUntil(), onOpened }
  if (database.kind === 'sqlite') return openSqliteStore({ file: database.file, ...sealing })
  return openPostgresStore({ ...database, ...sealing, log: (message, cause) => log.warn({ err: cause }, message) })
}

/** A control plane that listens on every address is reached here by the loopback one. */
function localUrl(address: string): string {
  const url = new URL(address)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  return url.origin
}

/** The bundle carries the documentation page's assets beside it; the sources take them from their package. */
function docsAssets(): string | undefined {
  const beside = fileURLToPath(new URL('./docs-assets', import.meta.url))
  return existsSync(beside) ? beside : undefined
}
