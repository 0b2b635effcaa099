import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { dateAndTime, parseSpan } from '../../times.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'
import type { OneRunnerOptions } from './show.ts'

export interface RotateRunnerOptions extends OneRunnerOptions {
  overlap?: string
}

export function rotateRunnerCommand(cli: Cli): Command {
  return cli
    .command('rotate', words)
    .argument('<runner>', runnerWords[cli.language].args.runner)
    .option('--overlap <duration>', words[cli.language].options.overlap)
    .action(cli.remote(rotateRunner))
}

export async function rotateRunner(options: RotateRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, language } = context
  const overlap = options.overlap === undefined ? {} : { overlapSec: parseSpan(options.overlap, '--overlap', t) / 1000 }
  const { id, name } = await findRunner(options.runner, context)
  const rotated = await client.rotateRunnerToken(id, overlap)
  out.answer(rotated, () => out.line(rotated.token))
  out.note(words[language].rotated(name, dateAndTime(rotated.previousTokenExpiresAt, context)))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: "Replace a runner's token",
    examples: [
      ['ikoma runner rotate web-1', 'the old token works 5 minutes more'],
      ['ikoma runner rotate web-1 --overlap 0', 'the old token stops at once'],
    ],
    options: { overlap: 'how long the old token still works' },
    rotated: (name: string, until: string) =>
      `New token of "${name}", shown this once. The old one works until ${until}.`,
  },
  fr: {
    summary: 'Remplacer le jeton d’un runner',
    examples: [
      ['ikoma runner rotate web-1', 'l’ancien jeton fonctionne encore 5 minutes'],
      ['ikoma runner rotate web-1 --overlap 0', 'l’ancien jeton cesse aussitôt'],
    ],
    options: { overlap: 'combien de temps l’ancien jeton fonctionne encore' },
    rotated: (name, until) =>
      `Nouveau jeton de « ${name} », montré cette seule fois. L’ancien fonctionne jusqu’à ${until}.`,
  },
})
