import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { shellQuote } from '../../shell-quote.ts'
import { parseSpan } from '../../times.ts'
import { translated } from '../../words.ts'
import { untilIdle } from '../until-idle.ts'
import { runnerWords } from './runner-words.ts'
import type { OneRunnerOptions } from './show.ts'

interface DrainRunnerOptions extends OneRunnerOptions {
  wait: string
}

export function drainRunnerCommand(cli: Cli): Command {
  return cli
    .command('drain', drainWords)
    .argument('<runner>', runnerWords[cli.language].args.runner)
    .option('--wait <duration>', drainWords[cli.language].wait, '10m')
    .action(cli.remote<DrainRunnerOptions>(drainRunner))
}

export function resumeRunnerCommand(cli: Cli): Command {
  return cli
    .command('resume', resumeWords)
    .argument('<runner>', runnerWords[cli.language].args.runner)
    .action(cli.remote<OneRunnerOptions>(resumeRunner))
}

/** More than a runner may have at a time. */
const most = 200

export async function drainRunner(options: DrainRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out } = context
  const waitMs = parseSpan(options.wait, '--wait', context.t)
  const { id, name } = await findRunner(options.runner, context)
  const runner = await client.drainRunner(id, true)
  const count = async () => {
    const page = await client.listOrders({ runnerId: id, status: 'CLAIMED,RUNNING', limit: most })
    return page.items.length
  }
  const code = await untilIdle({ count, waitMs, undo: `ikoma runner resume ${shellQuote(name)}` }, context)
  out.answer(runner, () => {})
  return code
}

export async function resumeRunner(options: OneRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const { id, name } = await findRunner(options.runner, context)
  out.answer(await client.drainRunner(id, false), () => {})
  out.note(resumeWords[language].resumed(name))
  return exitCodes.ok
}

const drainWords = translated({
  en: {
    summary: 'Give a runner no more orders, and wait until none runs there',
    details:
      'Before an upgrade of its server. Its orders are kept and wait. Exits with 0 once nothing runs, 6 when the time is over, 130 at Ctrl-C; it stays drained until it is resumed or restarted.',
    wait: 'how long to wait for what runs',
    examples: [
      ['ikoma runner drain web-1', 'then upgrade and restart it there'],
      ['ikoma runner drain web-1 --wait 1h', 'give a long backup its time'],
    ],
  },
  fr: {
    summary: 'Ne plus donner d’ordres à un runner, et attendre que plus aucun n’y tourne',
    details:
      'Avant une mise à jour de son serveur. Ses ordres sont gardés et attendent. Sort avec 0 quand plus rien ne tourne, 6 si le délai est passé, 130 avec Ctrl-C ; il reste vidé jusqu’à sa reprise ou son redémarrage.',
    wait: 'combien de temps attendre ce qui tourne',
    examples: [
      ['ikoma runner drain web-1', 'puis le mettre à jour et le redémarrer là-bas'],
      ['ikoma runner drain web-1 --wait 1h', 'laisser son temps à une longue sauvegarde'],
    ],
  },
})

const resumeWords = translated({
  en: {
    summary: 'Give orders to a drained runner again',
    examples: [
      ['ikoma runner resume web-1', 'what waited is given at once'],
      ['ikoma runner resume web-1 --json', 'the runner as JSON'],
    ],
    resumed: (name: string) => `"${name}" is given orders again.`,
  },
  fr: {
    summary: 'Donner de nouveau des ordres à un runner vidé',
    examples: [
      ['ikoma runner resume web-1', 'ce qui attendait est donné aussitôt'],
      ['ikoma runner resume web-1 --json', 'le runner en JSON'],
    ],
    resumed: (name) => `« ${name} » reçoit de nouveau des ordres.`,
  },
})
