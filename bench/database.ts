import pg from 'pg'

/** A new database for `work`, dropped when it ends, on a server that loses nothing it acknowledged. */
export async function withDatabase<R>(
  serverUrl: string,
  name: string,
  work: (databaseUrl: string) => Promise<R>,
): Promise<R> {
  const databaseUrl = `${serverUrl}/${name}`
  await query(`${serverUrl}/postgres`, `create database ${name}`)
  try {
    await assertDurable(databaseUrl)
    return await work(databaseUrl)
  } finally {
    // Without force: PostgreSQL waits a few seconds for connections that are closing.
    await query(`${serverUrl}/postgres`, `drop database ${name}`)
  }
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A figure from a server that may forget is no figure. */
async function assertDurable(url: string): Promise<void> {
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const [row] = await query(url, `select current_setting('${setting}') as value`)
    if (row?.value !== 'on') throw new Error(`PostgreSQL runs with ${setting} ${row?.value}`)
  }
}
