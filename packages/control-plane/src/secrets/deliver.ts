import {
  type CatalogueEntry,
  findOrderType,
  type SealedSecrets,
  secretsBoundTo,
  secretsInfo,
  secretsNamedIn,
} from '@ikoma/api'
import type { AttachedRunner, Order } from '@ikoma/domain'
import { sealTo } from '@ikoma/kernel/node'
import type { SecretDesk, SecretRefusal } from './secret-desk.ts'

export type Delivery =
  | { sealed: SealedSecrets | null }
  | { refusal: SecretRefusal | 'secrets_unsupported'; name: string }

/**
 * The secrets that a claimed order names, encrypted to the process that does it: the server's executor where it needs root
 * and there is one, else the runner. Null when it names none.
 */
export async function deliver(desk: SecretDesk, order: Order, runner: AttachedRunner): Promise<Delivery> {
  const type = findOrderType(order.type)
  const [first, ...others] = type ? secretsNamedIn(type, order.payload) : []
  if (!type || first === undefined) return { sealed: null }
  const key = keyFor(type, runner)
  if (key === null) return { refusal: 'secrets_unsupported', name: first }
  const opened = await desk.open([first, ...others], runner)
  if ('refusal' in opened) return opened
  const { id: orderId, attempt, lease } = order
  const aad = secretsBoundTo({ orderId, attempt, lease: lease ?? '', runnerId: runner.id })
  return { sealed: await sealTo(key, Buffer.from(JSON.stringify(opened.values)), { info: secretsInfo, aad }) }
}

/** Null when it has told none. */
export function keyFor(
  { privileged }: Pick<CatalogueEntry, 'privileged'>,
  { sealKey, runnerSealKey }: Pick<AttachedRunner, 'sealKey' | 'runnerSealKey'>,
): string | null {
  return privileged ? sealKey : (runnerSealKey ?? sealKey)
}
