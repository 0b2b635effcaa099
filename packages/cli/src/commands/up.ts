import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { wholeNumber } from '../options.ts'
import { translated } from '../words.ts'

/** A control plane and a runner on this machine: what a first visit and a small installation need. */
export function upCommand(cli: Cli): Command {
  return cli
    .command('up', words)
    .option('--port <port>', cli.t.options.port, wholeNumber(cli.t))
    .action(cli.local(cli.processes.startUp))
}

const words = translated({
  en: {
    summary: 'Start a control plane and a runner on this machine',
    details: 'Needs nothing else: data is kept in ./data unless DB_PATH says otherwise. Ctrl-C stops both.',
    examples: [
      ['ikoma up', 'start on port 3000'],
      ['ikoma up --port 8080', 'start on another port'],
    ],
  },
  fr: {
    summary: 'Démarrer un plan de contrôle et un runner sur cette machine',
    details:
      'Rien d’autre à installer : les données vont dans ./data, sauf si DB_PATH dit autre chose. Ctrl-C arrête les deux.',
    examples: [
      ['ikoma up', 'démarrer sur le port 3000'],
      ['ikoma up --port 8080', 'démarrer sur un autre port'],
    ],
  },
})
