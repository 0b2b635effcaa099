import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { downHalf } from './migration-files.ts'

/**
 * What taking migrations back would lose, in words: tables and columns that go and hold something. What it cannot read out of
 * a statement counts as lost.
 */
export async function lossesOf(client: pg.Client, folder: string, names: readonly string[]): Promise<string[]> {
  const statements = names.flatMap((name) =>
    downHalf(readFileSync(join(folder, `${name}.sql`), 'utf8'))
      .split(';')
      .map((each) => each.replace(/\s+/g, ' ').trim())
      .filter(Boolean),
  )
  const gone = new Set<string>()
  for (const statement of statements) for (const each of await lostBy(client, statement)) gone.add(each)
  return [...gone]
}

const name = '((?:"[^"]+"|[\\w$]+)(?:\\.(?:"[^"]+"|[\\w$]+))?)'
const dropTable = new RegExp(`^drop table (?:if exists )?${name}(?: cascade| restrict)?$`, 'i')
const alterTable = new RegExp(`^alter table (?:if exists )?(?:only )?${name} (.*)$`, 'i')
const dropColumn = new RegExp(`^drop column (?:if exists )?${name}(?: cascade| restrict)?$`, 'i')
/** Of these nothing that somebody has written is lost. */
const harmless =
  /^(?:create |drop (?:index|type|extension|function|trigger|policy|view|sequence)\b|comment |(?:add|drop|validate|rename|alter) constraint\b|rename\b|add (?:column )?|alter (?:column )?\S+ (?:set|drop) (?:not null|default)|(?:enable|disable|force|no force) )/i

async function lostBy(client: pg.Client, statement: string): Promise<string[]> {
  const [, table] = dropTable.exec(statement) ?? []
  if (table !== undefined) return (await holds(client, table, 'true')) ? [`table ${table}`] : []
  const [, altered, changes = ''] = alterTable.exec(statement) ?? []
  if (altered === undefined) return harmless.test(statement) ? [] : [`"${statement.slice(0, 80)}"`]
  const lost: string[] = []
  for (const change of changes.split(/, (?=(?:add|drop|alter|rename|enable|disable)\b)/i)) {
    const [, column] = dropColumn.exec(change) ?? []
    if (column === undefined) {
      if (!harmless.test(change)) lost.push(`"${change.slice(0, 80)}" of ${altered}`)
    } else if (await holdsMore(client, altered, column)) lost.push(`column ${altered}.${column}`)
  }
  return lost
}

async function holds(client: pg.Client, table: string, condition: string): Promise<boolean> {
  const { rows: there } = await client.query<{ is: boolean }>('select to_regclass($1) is not null as is', [table])
  if (!there[0]?.is) return false
  const { rows } = await client.query<{ is: boolean }>(`select exists (select from ${table} where ${condition}) as is`)
  return rows[0]?.is === true
}

/** What a column had from the beginning is no loss. */
async function holdsMore(client: pg.Client, table: string, column: string): Promise<boolean> {
  const { rows } = await client.query<{ given: string | null }>(
    `select pg_get_expr(adbin, adrelid) as given from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = to_regclass($1) and quote_ident(attname) in ($2, quote_ident($2))`,
    [table, column.replace(/^"(.*)"$/, '$1')],
  )
  if (rows.length === 0) return false
  return holds(client, table, `${column} is not null and ${column} is distinct from ${rows[0]?.given ?? 'null'}`)
}
