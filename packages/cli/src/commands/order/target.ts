import { AppError } from '@ikoma/kernel'
import type { RemoteContext } from '../../cli.ts'
import { findRunner, findServer } from '../../lookup.ts'
import { translated } from '../../words.ts'

export interface TargetOptions {
  runner?: string
  server?: string
  scope?: string
}

export interface ChosenTarget {
  /** How a person knows it. */
  name: string
  body: { runnerId: string } | { serverId: string } | { scope: string }
}

/** Who is to execute an order: what the options name, or the only runner there is. */
export async function chooseTarget(options: TargetOptions, context: RemoteContext): Promise<ChosenTarget> {
  const { language } = context
  const { runner, server, scope } = options
  if ([runner, server, scope].filter((given) => given !== undefined).length > 1) {
    throw new AppError('invalid', words[language].several, { reason: 'several_targets' })
  }
  if (scope !== undefined) return { name: scopeName(scope, context), body: { scope } }
  if (server !== undefined) {
    const { id, name } = await findServer(server, context)
    return { name, body: { serverId: id } }
  }
  const { id, name } = runner === undefined ? await onlyRunner(context) : await findRunner(runner, context)
  return { name, body: { runnerId: id } }
}

export function scopeName(scope: string, { language }: Pick<RemoteContext, 'language'>): string {
  return words[language].scope(scope)
}

async function onlyRunner({ client, t, language }: RemoteContext) {
  const { items } = await client.listRunners({ limit: 50 })
  const [first, second] = items
  if (!first) throw new AppError('unprocessable', words[language].noRunner, { reason: 'no_runner' })
  if (!second) return first
  throw new AppError('invalid', words[language].chooseRunner, {
    reason: 'several_runners',
    fields: items.map(({ name, status }) => ({ field: '', message: `--runner ${name}  (${t.runnerStatus[status]})` })),
  })
}

const words = translated({
  en: {
    scope: (scope: string) => `scope ${scope}`,
    several: 'Give one of --runner, --server and --scope, not several.',
    noRunner: 'There is no runner yet. Invite one: ikoma runner invite --name <name>',
    chooseRunner: 'There is more than one runner. Say which:',
  },
  fr: {
    scope: (scope) => `portée ${scope}`,
    several: 'Donnez une seule des options --runner, --server et --scope.',
    noRunner: 'Il n’y a pas encore de runner. Invitez-en un : ikoma runner invite --name <nom>',
    chooseRunner: 'Il y a plus d’un runner. Dites lequel :',
  },
})
