import { type EndedOrder, isTerminal, type OrderStatus, type Page, type PageRequest } from '@ikoma/domain'

/** An order as the search for ended ones sees it. */
export interface SeenOrder {
  seq: number
  id: string
  status: OrderStatus
  createdAt: number
  completedAt: number | null
}

/**
 * The page of `listEndedOrders` from the next orders in order of placement. No index leads to the ended ones: it would
 * cost every order a write, while the oldest orders of a table are those that have ended, but for a few.
 */
export async function endedAmong(
  seen: SeenOrder[],
  { endedBefore, limit }: { endedBefore: number } & Pick<PageRequest, 'limit'>,
  measureLogs: (ids: string[]) => { id: string; used: number }[] | Promise<{ id: string; used: number }[]>,
): Promise<Page<EndedOrder>> {
  const ended = seen.filter(
    ({ status, completedAt }) => isTerminal(status) && completedAt !== null && completedAt < endedBefore,
  )
  const ids = ended.map(({ id }) => id)
  const sizes = new Map((ids.length > 0 ? await measureLogs(ids) : []).map(({ id, used }) => [id, used]))
  // Not at the first young one: it may come from a process whose clock is ahead.
  const young = seen.every(({ createdAt }) => createdAt >= endedBefore)
  const next = young || seen.length < limit ? null : String(seen.at(-1)?.seq)
  return { items: ids.map((id) => ({ id, logBytes: sizes.get(id) ?? 0 })), next }
}
