import { parseArgs } from 'node:util'
import { AppError } from '@ikoma/kernel'
import { type MigrateOptions, type Migrations, migrate } from './migrate.ts'

interface DbCommandOptions extends MigrateOptions {
  url: string
  folder: string
  language?: 'en' | 'fr'
  write?(text: string): void
}

/**
 * `current [--check] | history | upgrade [-n COUNT | --to TAG] | downgrade [-n COUNT | --to TAG|base] [--keep-data]`, each with `--json`. Answers with the
 * exit code: 0 done, 1 failed, 2 not understood, 3 when `current --check` finds the database behind or ahead.
 */
export async function dbCommand(argv: readonly string[], options: DbCommandOptions): Promise<number> {
  const { language = 'en', write = (text) => process.stdout.write(text) } = options
  const words = wordsIn[language]
  const asked = understood(argv)
  if (!asked) {
    write(`${words.usage}\n`)
    return 2
  }
  const show = (result: unknown, text: string) => write(asked.json ? `${JSON.stringify(result)}\n` : `${text}\n`)
  try {
    const migrations = migrate(options.url, options.folder, options)
    return await commands[asked.command](migrations, asked, { show, words })
  } catch (error) {
    const { reason, message } = error instanceof AppError ? error : { reason: 'internal', message: String(error) }
    show({ error: { reason, message } }, `${words.failed}: ${message}`)
    return 1
  }
}

interface Asked {
  command: keyof typeof commands
  json: boolean
  check: boolean
  to: string | undefined
  count: number | undefined
  keepData: boolean
}

interface Told {
  show(result: unknown, text: string): void
  words: Words
}

const commands = {
  async current(migrations: Migrations, { check }: Asked, { show, words }: Told) {
    const found = await migrations.current()
    const { current, pending, unknown } = found
    const lines = [`${words.current}: ${current ?? words.none}`]
    if (pending.length > 0) lines.push(`${words.pending}: ${pending.join(', ')}`)
    if (unknown.length > 0) lines.push(`${words.unknown}: ${unknown.join(', ')}`)
    show(found, lines.join('\n'))
    return check && pending.length + unknown.length > 0 ? 3 : 0
  },
  async history(migrations: Migrations, _: Asked, { show, words }: Told) {
    const all = await migrations.history()
    const line = (each: (typeof all)[number]) =>
      `${each.name}  ${each.appliedAt?.toISOString() ?? words.waiting}${each.hasDown ? '' : `  ${words.noDown}`}`
    show(all, all.map(line).join('\n') || words.none)
    return 0
  },
  async upgrade(migrations: Migrations, { to, count }: Asked, { show, words }: Told) {
    const applied = await migrations.upgrade({ to, count })
    show({ applied }, applied.map((name) => `${words.applied} ${name}`).join('\n') || words.nothing)
    return 0
  },
  async downgrade(migrations: Migrations, { to, count, keepData }: Asked, { show, words }: Told) {
    const reverted = await migrations.downgrade({ to, count, keepData })
    show({ reverted }, reverted.map((name) => `${words.reverted} ${name}`).join('\n') || words.nothing)
    return 0
  },
}

function understood(argv: readonly string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        to: { type: 'string' },
        count: { type: 'string', short: 'n' },
        'keep-data': { type: 'boolean', default: false },
      },
    })
    const [command = '', ...more] = positionals
    if (!Object.hasOwn(commands, command) || more.length > 0 || (values.to && values.count)) return null
    const count = values.count === undefined ? undefined : Number(values.count)
    if (count !== undefined && !(Number.isSafeInteger(count) && count > 0)) return null
    const { json, check, to, 'keep-data': keepData } = values
    return { command: command as Asked['command'], json, check, to, count, keepData }
  } catch {
    return null
  }
}

type Words = Record<keyof (typeof wordsIn)['en'], string>

const usage =
  'current [--check] | history | upgrade [-n COUNT | --to TAG] | downgrade [-n COUNT | --to TAG|base] [--keep-data]   (--json)'
const wordsIn = {
  en: {
    usage: `Say what to do: ${usage}`,
    failed: 'Failed',
    current: 'The database is at',
    pending: 'To be applied',
    unknown: 'Unknown to this version',
    none: 'none',
    waiting: 'not applied',
    noDown: '(cannot be taken back)',
    applied: 'Applied',
    reverted: 'Took back',
    nothing: 'Nothing to do.',
  },
  fr: {
    usage: `Dites quoi faire : ${usage}`,
    failed: 'Échec',
    current: 'La base en est à',
    pending: 'À appliquer',
    unknown: 'Inconnues de cette version',
    none: 'aucune',
    waiting: 'non appliquée',
    noDown: '(sans retour possible)',
    applied: 'Appliquée :',
    reverted: 'Annulée :',
    nothing: 'Rien à faire.',
  },
} as const
