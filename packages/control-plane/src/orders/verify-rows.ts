import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RowProblem, Store } from '@ikoma/domain'

const pageSize = 200

/** Every row that is not as it was last written, table by table. Other requests get their turn in between. */
export async function* verifyRows(store: Pick<Store, 'checkRows'>): AsyncGenerator<RowProblem, void> {
  let cursor: string | null = null
  do {
    const page = await store.checkRows({ limit: pageSize, cursor })
    yield* page.items
    cursor = page.next
    await nextTurn()
  } while (cursor !== null)
}
