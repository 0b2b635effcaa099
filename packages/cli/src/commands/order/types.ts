import { fieldsOf, type OrderTypeResource, type PayloadField } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { span } from '../../times.ts'
import { translated } from '../../words.ts'
import { exampleCommand } from './example-command.ts'
import { getOrderType } from './order-options.ts'
import { orderWords } from './order-words.ts'

export interface OrderTypesOptions {
  type?: string
}

export function orderTypesCommand(cli: Cli): Command {
  return cli
    .command('types', words)
    .argument('[type]', orderWords[cli.language].args.type)
    .action(cli.remote(orderTypes))
}

export async function orderTypes({ type }: OrderTypesOptions, context: RemoteContext): Promise<number> {
  if (type !== undefined) return showType(await getOrderType(type, context), context)
  const { client, out, t, language } = context
  const types = await client.listOrderTypes()
  out.answer(types, () => {
    const rows = types.items.map((item) => [item.type, t.risk[item.risk], item.title[language]])
    out.table([t.columns.type, t.columns.risk, t.columns.title], rows)
  })
  return exitCodes.ok
}

async function showType(type: OrderTypeResource, context: RemoteContext): Promise<number> {
  const { out, t, language } = context
  const command = await exampleCommand(type, context)
  out.answer(type, () => {
    out.fields([
      [t.columns.type, { text: type.type, style: 'bold' }],
      [t.columns.title, type.title[language]],
      [t.columns.risk, t.risk[type.risk]],
      [t.columns.privilege, type.privileged ? t.words.yes : t.words.no],
      [t.columns.scope, type.requiredScope],
      [t.columns.approval, type.approval ? t.words.yes : t.words.no],
      [t.columns.timeout, span(type.timeoutSec * 1000, context)],
    ])
    const fields = fieldsOf(type.payloadSchema)
    if (fields.length === 0) out.note(words[language].noFields)
    else writeFields(fields, context)
    if (command === null) return
    out.line()
    out.line(words[language].example)
    out.line('  ', { text: command, style: 'cyan' })
  })
  return exitCodes.ok
}

/** What fits no cell is said below its field, where a narrow screen has room for it too. */
const widestCell = 24

function writeFields(fields: PayloadField[], { out, t, language }: RemoteContext): void {
  const { kind: kindIs, byDefault: defaultIs } = words[language]
  const isWide = (text: string) => text.length > widestCell
  const rows = fields.map(({ path, kind, required, byDefault }) => [
    path,
    isWide(kind) ? '' : kind,
    required ? t.words.yes : t.words.no,
    byDefault === null || isWide(byDefault) ? '' : byDefault,
  ])
  const below = fields.map(({ description, kind, byDefault }) => [
    ...(description === null ? [] : [description]),
    ...(isWide(kind) ? [kindIs(kind)] : []),
    ...(byDefault !== null && isWide(byDefault) ? [defaultIs(byDefault)] : []),
  ])
  out.line()
  out.table([t.columns.field, t.columns.kind, t.columns.required, t.columns.byDefault], rows, below)
}

const words = translated({
  en: {
    summary: 'List what can be ordered, or the payload of one type',
    examples: [
      ['ikoma order types', 'every type with its risk'],
      ['ikoma order types check.http.run', 'the payload of one type'],
    ],
    noFields: 'Its payload has no fields.',
    kind: (kind: string) => `it is: ${kind}`,
    byDefault: (value: string) => `default: ${value}`,
    example: 'An example to paste:',
  },
  fr: {
    summary: 'Lister ce qui peut être ordonné, ou les paramètres d’un type',
    examples: [
      ['ikoma order types', 'tous les types avec leur risque'],
      ['ikoma order types check.http.run', 'les paramètres d’un type'],
    ],
    noFields: 'Ses paramètres n’ont aucun champ.',
    kind: (kind) => `c’est : ${kind}`,
    byDefault: (value) => `défaut : ${value}`,
    example: 'Un exemple à coller :',
  },
})
