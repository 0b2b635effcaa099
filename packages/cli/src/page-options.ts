import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import type { Context } from './command-context.ts'
import { wholeNumber } from './options.ts'
import { translated } from './words.ts'

export function addPageOptions(command: Command, { t, language }: Pick<Cli, 't' | 'language'>): Command {
  const { options } = words[language]
  return command
    .option('--limit <number>', options.limit, wholeNumber(t))
    .option('--cursor <cursor>', options.cursor)
    .option('--all', options.all)
}

export function noteMore(next: string | null, { out, language }: Context): void {
  if (next !== null) out.note({ text: words[language].more(next), style: 'dim' })
}

const words = translated({
  en: {
    options: { limit: 'how many to show', cursor: 'go on where the last list ended', all: 'every page' },
    more: (cursor: string) => `There is more: add --cursor ${cursor}, or --all.`,
  },
  fr: {
    options: {
      limit: 'combien en montrer',
      cursor: 'reprendre où la dernière liste s’arrêtait',
      all: 'toutes les pages',
    },
    more: (cursor) => `Il y en a d’autres : ajoutez --cursor ${cursor}, ou --all.`,
  },
})
