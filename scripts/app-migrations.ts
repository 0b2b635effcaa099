// Writes an app's next migration, up and down, from what its Drizzle schema has become since the last one.
//
//   node scripts/app-migrations.ts generate apps/<name> --name what-it-does [--rename bays.label=name] [--new] [--empty]
//   node scripts/app-migrations.ts --check [apps/<name> ...]
//
// What Drizzle cannot say (exclusion constraints, triggers) is added to the file by hand; nothing here reads it again.
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { generateDrizzleJson, generateMigration, type Hint, type MissingHint } from 'drizzle-kit/api-postgres'

type Snapshot = Pick<Awaited<ReturnType<typeof generateDrizzleJson>>, 'ddl'>

interface App {
  schema: string
  /** Of the migrations; `meta/snapshot.json` in it is the schema that the last of them leaves. */
  folder: string
}

/** Dropped and made anew, instead of renamed, these would lose what they hold. */
const holdData = new Set<string>(['table', 'column', 'schema', 'enum', 'sequence'])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    name: { type: 'string' },
    rename: { type: 'string', multiple: true, default: [] },
    new: { type: 'boolean', default: false },
    empty: { type: 'boolean', default: false },
    schema: { type: 'string' },
    out: { type: 'string' },
  },
})
if (values.check) await checkAll(positionals)
else if (positionals[0] === 'generate' && positionals[1]) await generate(appIn(positionals[1]))
else refuse('Say what to do: generate apps/<name> --name what-it-does, or --check [apps/<name> ...]')

async function generate(app: App): Promise<void> {
  const { name } = values
  if (!name || !/^[a-z0-9]+([-_][a-z0-9]+)*$/.test(name))
    return refuse('Give it a --name of small letters, digits and dashes.')
  const [before, after] = [readSnapshot(app), await schemaOf(app)]
  const renames = values.rename.map(renameOf)
  const up = await difference(before, after, renames)
  const down = await difference(
    after,
    before,
    renames.map(({ from, to }) => ({ from: to, to: from })),
    true,
  )
  if (up === null || down === null) return
  if (up.length === 0 && !values.empty)
    return refuse('The schema is as the last migration leaves it. (--empty for one written by hand)')
  const file = join(app.folder, `${timeAfter(app.folder)}_${name}.sql`)
  mkdirSync(join(app.folder, 'meta'), { recursive: true })
  writeFileSync(file, `-- Up Migration\n\n${up.join('\n')}\n\n-- Down Migration\n\n${down.join('\n')}\n`, {
    flag: 'wx',
  })
  writeFileSync(snapshotOf(app), `${JSON.stringify(after, null, 1)}\n`)
  process.stdout.write(`${file}\n`)
}

async function checkAll(folders: readonly string[]): Promise<void> {
  const given =
    folders.length > 0 || values.schema ? folders : globSync('apps/*/migrations').map((path) => join(path, '..'))
  for (const app of values.schema ? [appIn('.')] : given.map(appIn)) {
    const stale = await differs(app)
    if (stale) refuse(`${app.schema} does not match ${app.folder}: run app-migrations generate`)
  }
}

async function differs(app: App): Promise<boolean> {
  const [before, after] = [readSnapshot(app), await schemaOf(app)]
  try {
    return (await generateMigration(asState(before), asState(after))).length > 0
  } catch (error) {
    return missingHints(error).length > 0
  }
}

/** Null, and told, where a person has to say whether something was renamed. Going back, what is not a rename is new. */
async function difference(
  from: Snapshot,
  to: Snapshot,
  renames: readonly Rename[],
  back = false,
): Promise<string[] | null> {
  const hints: Hint[] = []
  for (;;) {
    try {
      return (await generateMigration(asState(from), asState(to), { hints })).flatMap(forced)
    } catch (error) {
      const missing = missingHints(error)
      const answers = missing.map((each) => answerTo(each, renames, back))
      if (answers.some((answer) => answer === null)) {
        const open = missing
          .filter((_, index) => answers[index] === null)
          .map(({ entity }) => entity.slice(1).join('.'))
        refuse(
          `Renamed or new: ${open.join(', ')}? Say --rename <table>.<old column>=<new column> (or <old table>=<new table>) for each that was renamed, and --new for the rest.`,
        )
        return null
      }
      hints.push(...(answers as Hint[]))
    }
  }
}

interface Rename {
  from: string[]
  to: string[]
}

function answerTo(missing: MissingHint, renames: readonly Rename[], back: boolean): Hint | null {
  const { kind, entity } = missing
  if (missing.type === 'confirm_data_loss') return { type: 'confirm_data_loss', kind, entity } as Hint
  const same = ({ to }: Rename) => JSON.stringify(to) === JSON.stringify(entity)
  const rename = renames.find(same)
  if (rename) return { type: 'rename', kind, ...rename } as unknown as Hint
  return back || values.new || !holdData.has(kind) ? ({ type: 'create', kind, entity } as Hint) : null
}

function renameOf(text: string): Rename {
  const [from = '', to = ''] = text.split('=')
  const path = from.split('.')
  const parts = path.length === 1 || path[0] === '' ? ['public', from] : path.length === 2 ? ['public', ...path] : path
  return { from: parts, to: [...parts.slice(0, -1), to.split('.').at(-1) ?? ''] }
}

/** The owner of a table, which an app is, passes over its policies unless they are forced; Drizzle knows no word for it. */
function forced(statement: string): string[] {
  const [, table, verb] = /^(ALTER TABLE .+) (ENABLE|DISABLE) ROW LEVEL SECURITY;$/.exec(statement.trim()) ?? []
  if (!table) return [statement.trim()]
  return [statement.trim(), `${table} ${verb === 'ENABLE' ? '' : 'NO '}FORCE ROW LEVEL SECURITY;`]
}

function missingHints(error: unknown): readonly MissingHint[] {
  if (error instanceof Error && 'missingHints' in error) return error.missingHints as MissingHint[]
  throw error
}

async function schemaOf({ schema }: App): Promise<Snapshot> {
  const exported = (await import(pathToFileURL(resolve(schema)).href)) as Record<string, unknown>
  const { ddl } = await generateDrizzleJson(exported)
  return { ddl: ddl.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)) }
}

/** Columns keep their order, in which a table is made with them. */
function orderOf(entity: Snapshot['ddl'][number]): string {
  const { entityType, table = '', name } = entity as { entityType: string; table?: string; name: string }
  return entityType === 'columns' ? `${entityType} ${table}` : `${entityType} ${table} ${name}`
}

function asState({ ddl }: Snapshot) {
  return { version: '9', dialect: 'postgres', id: '', prevIds: [], ddl }
}

function readSnapshot(app: App): Snapshot {
  return existsSync(snapshotOf(app)) ? (JSON.parse(readFileSync(snapshotOf(app), 'utf8')) as Snapshot) : { ddl: [] }
}

function snapshotOf({ folder }: App): string {
  return join(folder, 'meta', 'snapshot.json')
}

function appIn(folder: string): App {
  const places = ['src/store/schema.ts', 'store/schema.ts', 'src/schema.ts', 'schema.ts'].map((path) =>
    join(folder, path),
  )
  const schema = values.schema ?? places.find(existsSync)
  if (!schema) throw new Error(`No schema in ${places.join(', ')}`)
  return { schema, folder: values.out ?? join(folder, 'migrations') }
}

/** Two made within one second, or by clocks that differ, still come one after the other. */
function timeAfter(folder: string): string {
  const last = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.sql'))
        .sort()
        .at(-1)
    : undefined
  const now = new Date().toISOString().replace(/\D/g, '')
  const former = last?.slice(0, 17) ?? ''
  return now > former ? now : String(BigInt(former) + 1n)
}

function refuse(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
