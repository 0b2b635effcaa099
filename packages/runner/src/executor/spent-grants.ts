import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../host/durable-file.ts'
import type { Claim } from '../protocol/control-plane-client.ts'

/** Far longer than a grant is good for, so that what is forgotten has expired. */
const keepMs = 24 * 60 * 60_000

/**
 * True the first time for each attempt of an order, and on disk before it is: a runner cannot have it done twice. Nor can
 * it have an earlier attempt done after a later one, with a grant that it kept back.
 */
export async function spendGrant(stateDir: string, { orderId, attempt }: Claim, now: number): Promise<boolean> {
  const folder = join(stateDir, 'spent')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await forgetOld(folder, now)
  try {
    // The order's id is a uuid: the grant was verified before.
    await (await open(join(folder, `${orderId}.${attempt}`), 'wx', 0o600)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await syncDirectory(folder)
  // After its own is there: of two that come at once, the earlier attempt sees the later one or was first.
  return !(await readdir(folder)).some((name) => isOf(orderId, name) && attemptOf(name) > attempt)
}

const isOf = (orderId: string, name: string) => name.startsWith(`${orderId}.`)
const attemptOf = (name: string) => Number(name.slice(name.lastIndexOf('.') + 1))

async function forgetOld(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const facts = await stat(path).catch(() => null)
    if (facts && now - facts.mtimeMs > keepMs) await rm(path, { force: true })
  }
}
