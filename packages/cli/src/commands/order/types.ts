import type { OrderTypeResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { span } from '../../times.ts'
import { translated } from '../../words.ts'
import { getOrderType } from './order-options.ts'
import { orderWords } from './order-words.ts'
import { describeFields } from './payload-fields.ts'

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

function showType(type: OrderTypeResource, context: RemoteContext): number {
  const { out, t, language } = context
  out.answer(type, () => {
    out.fields([
      [t.columns.type, { text: type.type, style: 'bold' }],
      [t.columns.title, type.title[language]],
      [t.columns.risk, t.risk[type.risk]],
      [t.columns.scope, type.requiredScope],
      [t.columns.approval, type.approval ? t.words.yes : t.words.no],
      [t.columns.timeout, span(type.timeoutSec * 1000, context)],
    ])
    const fields = describeFields(type.payloadSchema)
    if (fields.length === 0) return out.note(words[language].noFields)
    out.line()
    const rows = fields.map((field) => [
      field.name,
      field.kind,
      field.required ? t.words.yes : t.words.no,
      field.byDefault,
    ])
    out.table([t.columns.field, t.columns.kind, t.columns.required, t.columns.byDefault], rows)
  })
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'List what can be ordered, or the payload of one type',
    examples: [
      ['ikoma order types', 'every type with its risk'],
      ['ikoma order types check.http.run', 'the payload of one type'],
    ],
    noFields: 'Its payload has no fields.',
  },
  fr: {
    summary: 'Lister ce qui peut être ordonné, ou les paramètres d’un type',
    examples: [
      ['ikoma order types', 'tous les types avec leur risque'],
      ['ikoma order types check.http.run', 'les paramètres d’un type'],
    ],
    noFields: 'Ses paramètres n’ont aucun champ.',
  },
})
