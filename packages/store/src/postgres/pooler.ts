import pg from 'pg'
import { clientConfig, withClient } from './connection.ts'

/**
 * Whether a statement that a connection prepared is there in its next transaction, and nobody else's. A pooler in transaction
 * mode gives each transaction another server connection; PgBouncer knows of prepared statements from 1.21 on.
 */
export async function keepsPrepared(url: string): Promise<boolean> {
  const name = `ikoma_${process.pid}_${Date.now()}`
  const inTransaction = async (client: pg.Client) => {
    await client.query('begin')
    await client.query({ name, text: 'select 1' })
    await client.query('commit')
  }
  return withClient(clientConfig(url), (one) =>
    withClient(clientConfig(url), async (other) => {
      try {
        for (const client of [one, other, one]) await inTransaction(client)
        return true
      } catch (error) {
        if (error instanceof pg.DatabaseError && (error.code === '42P05' || error.code === '26000')) return false
        throw error
      }
    }),
  )
}
