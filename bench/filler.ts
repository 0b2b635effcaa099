import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** How to fill the table of orders with copies of orders that the product wrote. */
export interface Filler {
  copy(templateId: string, count: number): Promise<void>
  /** What time would have done meanwhile: statistics, visibility, the log folded into the file. */
  settle(): Promise<void>
  close(): Promise<void>
}

const chunk = 250_000

interface Dialects {
  sqlite: string
  postgres: string
}

// Ascending in order of placement, as the product's are, and no two alike.
const copied: Record<string, Dialects> = {
  id: {
    sqlite: `printf('%08x-%04x-7000-8000-%012x', (created_at + n) >> 16, (created_at + n) & 65535, :from + n)`,
    postgres: `lpad(to_hex((created_at + n) >> 16), 8, '0') || '-' || lpad(to_hex((created_at + n) & 65535), 4, '0')
      || '-7000-8000-' || lpad(to_hex($2::bigint + n), 12, '0')`,
  },
  run_at: both(`case wait when 'time' then run_at + n % 3600000 else run_at end`),
  expires_at: both('expires_at + n % 3600000'),
  due_at: both('due_at + n % 3600000'),
}

export function openSqliteFiller(file: string): Filler {
  const client = new DatabaseSync(file)
  // Nothing here must survive a power cut.
  client.exec('pragma synchronous = off; pragma cache_size = -262144')
  const names = client.prepare('select name from pragma_table_info(?)').all('orders') as { name: string }[]
  const insert = client.prepare(
    `with recursive series (n) as (select 0 union all select n + 1 from series where n + 1 < :count)
    ${insertion(names, 'sqlite')} cross join series where id = :template`,
  )
  let from = 0
  return {
    async copy(template, count) {
      for (let left = count; left > 0; left -= chunk) {
        insert.run({ from, template, count: Math.min(left, chunk) })
        from += chunk
      }
    },
    async settle() {
      client.exec('pragma wal_checkpoint(truncate)')
    },
    async close() {
      client.close()
    },
  }
}

export async function openPostgresFiller(url: string): Promise<Filler> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('set synchronous_commit = off')
  const { rows: names } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_name = 'orders' order by ordinal_position`,
  )
  const text = `${insertion(names, 'postgres')} cross join generate_series(0, $3::bigint - 1) as series (n) where id = $1`
  let from = 0
  return {
    async copy(template, count) {
      for (let left = count; left > 0; left -= chunk) {
        await client.query(text, [template, from, Math.min(left, chunk)])
        from += chunk
      }
    },
    async settle() {
      await client.query('vacuum (analyze) orders')
      await client.query('checkpoint')
    },
    close: () => client.end(),
  }
}

function insertion(names: { name: string }[], dialect: keyof Dialects): string {
  const columns = names.map(({ name }) => name).filter((name) => name !== 'seq')
  const values = columns.map((name) => copied[name]?.[dialect] ?? name)
  return `insert into orders (${columns.join(', ')}) select ${values.join(', ')} from orders as template`
}

function both(expression: string): Dialects {
  return { sqlite: expression, postgres: expression }
}
