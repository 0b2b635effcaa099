import { anOrder, sealKey } from '../../testing/fixtures.ts'
import { openSqliteStore } from '../store.ts'

// Places orders in the file named first until it is killed, and prints the id of each that was acknowledged.
const [, , file = ''] = process.argv
const store = await openSqliteStore({ sealKey, file })

async function placeForEver(): Promise<never> {
  for (;;) {
    const order = anOrder({ runnerId: 'runner-1' })
    await store.insertOrders([{ order, actor: 'admin-key', idempotency: { key: order.id, digest: '' } }])
    process.stdout.write(`${order.id}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, placeForEver))
