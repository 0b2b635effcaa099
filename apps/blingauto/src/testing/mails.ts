import type { Database } from '@ikoma/backend/postgres'

export interface Letter {
  subject: string
  text: string
  /** Of the link in it, if there is one. */
  token: string
}

/** What was written to an address, the newest last: mails are jobs before they are sent. */
export async function lettersTo({ pool }: Database, address: string): Promise<Letter[]> {
  const { rows } = await pool.query<{ data: { payload: { subject: string; text: string } } }>(
    `select data from pgboss.job where name = 'mail' and data->'payload'->>'to' = $1 order by created_on`,
    [address],
  )
  return rows.map(({ data: { payload: data } }) => ({ ...data, token: /token=([^&\s]+)/.exec(data.text)?.[1] ?? '' }))
}

export async function lastLetterTo(database: Database, address: string): Promise<Letter> {
  const letter = (await lettersTo(database, address)).at(-1)
  if (!letter) throw new Error(`nothing was written to ${address}`)
  return letter
}
