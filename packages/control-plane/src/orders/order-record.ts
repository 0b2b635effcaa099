import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LogCursor, Order, Store } from '@ikoma/domain'
import { logLines, orderEventResource, orderResource } from '../present.ts'

/** Read at a time: so few that other requests get their turn, and a long log is never whole in memory. */
const eventPage = 100
const logPage = 4

/** One line of NDJSON, in pieces: an order as the API shows it, with its `events` and its `log`. */
export async function* orderRecord(
  store: Pick<Store, 'listAudit' | 'listLog'>,
  order: Order,
): AsyncGenerator<string, void> {
  yield `${JSON.stringify(orderResource(order)).slice(0, -1)},"events":[`
  yield* elements(eventsOf(store, order.id))
  yield '],"log":['
  yield* elements(linesOf(store, order.id))
  yield ']}\n'
}

/** The inside of a JSON array, page by page. */
async function* elements(pages: AsyncIterable<unknown[]>): AsyncGenerator<string> {
  let separator = ''
  for await (const page of pages) {
    if (page.length > 0) {
      yield separator + page.map((item) => JSON.stringify(item)).join(',')
      separator = ','
    }
    // A store that answers at once would otherwise keep the process from everything else.
    await nextTurn()
  }
}

async function* eventsOf(store: Pick<Store, 'listAudit'>, id: string): AsyncGenerator<unknown[]> {
  for (let after = 0; ; ) {
    const events = await store.listAudit({ subject: `order:${id}` }, after, eventPage)
    yield events.map(orderEventResource)
    if (events.length < eventPage) return
    after = events.at(-1)?.seq ?? after
  }
}

async function* linesOf(store: Pick<Store, 'listLog'>, id: string): AsyncGenerator<unknown[]> {
  for (let after: LogCursor | null = null; ; ) {
    const chunks = await store.listLog(id, after, logPage)
    yield chunks.flatMap(logLines)
    const last = chunks.at(-1)
    if (!last || chunks.length < logPage) return
    after = { attempt: last.attempt, seq: last.seq }
  }
}
