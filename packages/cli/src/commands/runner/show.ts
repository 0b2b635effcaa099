import type { RunnerResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { createNames, findRunner } from '../../lookup.ts'
import { ago, dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'
import { runnerStatusPart, troublesOf } from './list.ts'
import { policyTold } from './policy-told.ts'
import { runnerWords } from './runner-words.ts'

export interface OneRunnerOptions {
  runner: string
}

export function showRunnerCommand(cli: Cli): Command {
  return cli
    .command('show', words)
    .argument('<runner>', runnerWords[cli.language].args.runner)
    .action(cli.remote(showRunner))
}

export async function showRunner(options: OneRunnerOptions, context: RemoteContext): Promise<number> {
  await printRunner(await findRunner(options.runner, context), context)
  return exitCodes.ok
}

export async function printRunner(runner: RunnerResource, context: RemoteContext): Promise<void> {
  const { client, out, t } = context
  const server = runner.serverId ? await createNames(client).server(runner.serverId) : null
  out.answer(runner, () => {
    out.fields([
      [t.columns.id, runner.id],
      [t.columns.name, { text: runner.name, style: 'bold' }],
      [t.columns.status, runnerStatusPart(runner, context)],
      [t.columns.server, server],
      [t.columns.scopes, runner.scopes.join(', ')],
      [t.columns.concurrency, String(runner.concurrency)],
      [t.columns.enrolled, runner.enrolled ? t.words.yes : t.words.no],
      [t.columns.rotation, rotationOf(runner, context)],
      [t.columns.version, runner.version],
      [t.columns.privilege, privilegeOf(runner, context)],
      [t.columns.policy, policyOf(runner, context)],
      [t.columns.seen, runner.lastSeenAt ? ago(runner.lastSeenAt, context) : t.words.never],
      [t.columns.created, dateAndTime(runner.createdAt, context)],
    ])
  })
  for (const text of troublesOf(runner, context)) out.note({ text, style: 'yellow' })
}

/** Who does what needs root, as the runner itself says; null while it has said nothing. */
function privilegeOf({ capabilities }: RunnerResource, { language }: RemoteContext): string | null {
  const known: Record<string, string> = words[language].privilege
  const { privilege } = capabilities
  return typeof privilege === 'string' && Object.hasOwn(known, privilege) ? (known[privilege] ?? null) : null
}

/** What its server lets it do, as the runner told it; null where it told nothing. */
function policyOf(runner: RunnerResource, { language }: RemoteContext): string | null {
  const { types, allows, within } = words[language]
  const told = policyTold(runner)
  const { orderTypes } = runner.capabilities
  const count = Array.isArray(orderTypes) ? types(orderTypes.length) : null
  if (told === null) return count
  const parts = [`${allows} ${told.scopes.join(', ')}`, count, within(told.maxTimeoutSec), told.file]
  return parts.filter((part) => part !== null).join('; ')
}

/** The last new token that it was asked for; null where none was, or a former control plane does not say. */
function rotationOf({ rotation }: RunnerResource, context: RemoteContext): string | null {
  if (!rotation) return null
  const { asked, fetched, awaited } = words[context.language]
  const at = (time: string) => dateAndTime(time, context)
  return `${asked(at(rotation.askedAt))}, ${rotation.fetchedAt === null ? awaited : fetched(at(rotation.fetchedAt))}`
}

const words = translated({
  en: {
    summary: 'Show a runner',
    examples: [
      ['ikoma runner show web-1', 'by name'],
      ['ikoma runner show web-1 --json', 'as JSON'],
    ],
    asked: (at: string) => `a new one asked for at ${at}`,
    fetched: (at: string) => `made at ${at}`,
    awaited: 'not made yet',
    allows: 'allows',
    types: (count: number) => `${count} order types`,
    within: (seconds: number) => `at most ${seconds} s`,
    privilege: {
      executor: 'done by an executor of its own',
      root: 'done by the runner itself, which is root',
      none: 'not done: the runner is not root and has no executor',
    },
  },
  fr: {
    summary: 'Montrer un runner',
    examples: [
      ['ikoma runner show web-1', 'par son nom'],
      ['ikoma runner show web-1 --json', 'en JSON'],
    ],
    asked: (at) => `un nouveau demandé le ${at}`,
    fetched: (at) => `fait le ${at}`,
    awaited: 'pas encore fait',
    allows: 'permet',
    types: (count) => `${count} types d’ordres`,
    within: (seconds) => `au plus ${seconds} s`,
    privilege: {
      executor: 'fait par un exécuteur à part',
      root: 'fait par le runner lui-même, qui est root',
      none: 'pas fait : le runner n’est pas root et n’a pas d’exécuteur',
    },
  },
})
