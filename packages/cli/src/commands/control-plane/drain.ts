import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { parseSpan } from '../../times.ts'
import { translated } from '../../words.ts'
import { untilIdle } from '../until-idle.ts'

interface DrainOptions {
  wait: string
}

export function drainControlPlaneCommand(cli: Cli): Command {
  return cli
    .command('drain', drainWords)
    .option('--wait <duration>', drainWords[cli.language].wait, '10m')
    .action(cli.remote<DrainOptions>(drainControlPlane))
}

export function resumeControlPlaneCommand(cli: Cli): Command {
  return cli.command('resume', resumeWords).action(cli.remote(resumeControlPlane))
}

export async function drainControlPlane({ wait }: DrainOptions, context: RemoteContext): Promise<number> {
  const { client, out } = context
  const waitMs = parseSpan(wait, '--wait', context.t)
  let last = await client.drain(true)
  const count = async () => {
    last = await client.getDrain()
    return last.running
  }
  const code = await untilIdle({ count, waitMs, undo: 'ikoma control-plane resume' }, context)
  out.answer(last, () => {})
  return code
}

export async function resumeControlPlane(_options: object, { client, out, language }: RemoteContext): Promise<number> {
  out.answer(await client.drain(false), () => {})
  out.note(resumeWords[language].resumed)
  return exitCodes.ok
}

const drainWords = translated({
  en: {
    summary: 'Give no more orders to runners, and wait until none runs',
    details:
      'Before an upgrade. New orders are kept and wait. Of several processes on one database, drain each by its --url. Exits with 0 once nothing runs, 6 when the time is over, 130 at Ctrl-C; it stays drained.',
    wait: 'how long to wait for what runs',
    examples: [
      ['ikoma control-plane drain', 'then upgrade and restart it'],
      ['ikoma control-plane drain --wait 1h', 'give a long backup its time'],
    ],
  },
  fr: {
    summary: 'Ne plus donner d’ordres aux runners, et attendre que plus aucun ne tourne',
    details:
      'Avant une mise à jour. Les nouveaux ordres sont gardés et attendent. S’il y a plusieurs processus sur une base, videz chacun par son --url. Sort avec 0 quand plus rien ne tourne, 6 si le délai est passé, 130 avec Ctrl-C ; il reste vidé.',
    wait: 'combien de temps attendre ce qui tourne',
    examples: [
      ['ikoma control-plane drain', 'puis la mise à jour et le redémarrage'],
      ['ikoma control-plane drain --wait 1h', 'laisser son temps à une longue sauvegarde'],
    ],
  },
})

const resumeWords = translated({
  en: {
    summary: 'Give orders again after a drain',
    examples: [
      ['ikoma control-plane resume', 'what waited is given at once'],
      ['ikoma control-plane resume --json', 'as JSON'],
    ],
    resumed: 'Orders are given again.',
  },
  fr: {
    summary: 'Donner de nouveau des ordres après une vidange',
    examples: [
      ['ikoma control-plane resume', 'ce qui attendait est donné aussitôt'],
      ['ikoma control-plane resume --json', 'en JSON'],
    ],
    resumed: 'Les ordres sont de nouveau donnés.',
  },
})
