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
  const until = dateAndTime(rotated.previousTokenExpiresAt, context)
  out.answer(rotated, () => {
    if (rotated.token !== null) out.line(rotated.token)
  })
  out.note(rotated.token === null ? words[language].fetched(name, until) : words[language].rotated(name, until))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: "Replace a runner's token",
    examples: [
      ['ikoma runner rotate web-1', 'the old token works until the runner has made a new one'],
      ['ikoma runner rotate web-1 --overlap 0', 'the old token stops at once'],
    ],
    options: { overlap: 'how long the old token still works' },
    fetched: (name: string, until: string) =>
      `"${name}" makes itself a new token when it is next heard; nothing is to be carried there. The old one works until then, at most until ${until}.`,
    rotated: (name: string, until: string) =>
      `New token of "${name}", shown this once. The old one works until ${until}.`,
  },
  fr: {
    summary: 'Remplacer le jeton d’un runner',
    examples: [
      ['ikoma runner rotate web-1', 'l’ancien jeton fonctionne jusqu’à ce que le runner s’en soit fait un nouveau'],
      ['ikoma runner rotate web-1 --overlap 0', 'l’ancien jeton cesse aussitôt'],
    ],
    options: { overlap: 'combien de temps l’ancien jeton fonctionne encore' },
    fetched: (name, until) =>
      `« ${name} » se fera un nouveau jeton dès qu’il donnera signe de vie ; rien n’est à porter là-bas. L’ancien fonctionne jusque-là, au plus jusqu’à ${until}.`,
    rotated: (name, until) =>
      `Nouveau jeton de « ${name} », montré cette seule fois. L’ancien fonctionne jusqu’à ${until}.`,
  },
})
