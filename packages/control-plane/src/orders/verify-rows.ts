import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RowProblem } from '@ikoma/domain'
import type { Context } from '../context.ts'

const pageSize = 200

/**
 * Every row that is not as it was last written, table by table; secrets, whose encryption is their seal, at the end. Other
 * requests get their turn in between.
 */
export async function* verifyRows({
  store,
  secrets,
}: Pick<Context, 'store' | 'secrets'>): AsyncGenerator<RowProblem, void> {
  let cursor: string | null = null
  do {
    const page = await store.checkRows({ limit: pageSize, cursor })
    yield* page.items
    cursor = page.next
    await nextTurn()
  } while (cursor !== null)
  do {
    const page = await secrets.list({ limit: pageSize, cursor })
    for (const { secret, state } of page.items) {
      if (state !== 'ok') yield { table: 'secrets', id: secret.name, problem: 'broken' }
    }
    cursor = page.next
    await nextTurn()
  } while (cursor !== null)
}
