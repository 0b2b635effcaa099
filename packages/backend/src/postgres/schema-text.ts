import pg from 'pg'

/**
 * What the catalogue says of a database's own schemas, a line each, sorted: tables, columns, defaults, constraints, indexes,
 * views, policies, triggers, functions, enums, sequences, extensions. Two databases with the same text have the same schema.
 */
export async function schemaText(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ line: string }>(lines)
    return rows.map(({ line }) => line).join('\n')
  } finally {
    await client.end()
  }
}

/** What an extension brings is not looked at, nor the ledger of the migrations. */
const lines = `
with own as (
  select oid, nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)'
), relation as (
  select c.*, format('%I.%I', nspname, relname) as name from pg_class c join own on own.oid = relnamespace
  where relname !~ '^pgmigrations' and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
), line as (
  select format('schema %I', nspname) as line from own
  union all
  select format('relation %s %s rls=%s forced=%s', relkind, name, relrowsecurity, relforcerowsecurity) from relation
  union all
  select format('column %s.%I %s null=%s default=%s identity=%s generated=%s', name, attname, format_type(atttypid, atttypmod),
      not attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated)
    from relation join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum where relkind in ('r', 'p', 'v', 'm')
  union all
  select format('constraint %s %I %s', name, conname, pg_get_constraintdef(pg_constraint.oid)) from relation join pg_constraint on conrelid = relation.oid
  union all
  select 'index ' || pg_get_indexdef(indexrelid) from relation join pg_index on indrelid = relation.oid
  union all
  select format('view %s %s', name, pg_get_viewdef(relation.oid)) from relation where relkind in ('v', 'm')
  union all
  select format('policy %s %I %s %s %s using=%s check=%s', name, polname, polcmd, polpermissive,
      (select string_agg(coalesce(rolname, 'public'), ',' order by rolname) from unnest(polroles) r left join pg_roles on pg_roles.oid = r),
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from relation join pg_policy on polrelid = relation.oid
  union all
  select 'trigger ' || pg_get_triggerdef(pg_trigger.oid) from relation join pg_trigger on tgrelid = relation.oid and not tgisinternal
  union all
  select format('function %I.%s', nspname, pg_get_functiondef(p.oid)) from pg_proc p join own on own.oid = pronamespace
    where prokind in ('f', 'p') and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  union all
  select format('enum %I.%I %s', nspname, typname, string_agg(quote_literal(enumlabel), ',' order by enumsortorder))
    from pg_type t join own on own.oid = typnamespace join pg_enum on enumtypid = t.oid group by nspname, typname
  union all
  select format('sequence %s %s %s %s', name, seqtypid::regtype, seqstart, seqincrement) from relation join pg_sequence on seqrelid = relation.oid
  union all
  select 'extension ' || extname from pg_extension
)
select line from line order by line collate "C"`
