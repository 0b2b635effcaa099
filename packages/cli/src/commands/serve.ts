import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { wholeNumber } from '../options.ts'
import { translated } from '../words.ts'

export function serveCommand(cli: Cli): Command {
  return cli
    .command('serve', words)
    .option('--port <port>', cli.t.options.port, wholeNumber(cli.t))
    .action(cli.local(cli.processes.startControlPlane))
}

const words = translated({
  en: {
    summary: 'Start the control plane alone',
    details: 'Reads its settings from the environment. Runners connect to it from their servers.',
    examples: [
      ['ikoma serve', 'start on port 3000 with a database in ./data'],
      ['DATABASE_URL=postgres://… ikoma serve', 'start on PostgreSQL'],
    ],
  },
  fr: {
    summary: 'Démarrer le plan de contrôle seul',
    details: 'Lit ses réglages dans l’environnement. Les runners s’y connectent depuis leurs serveurs.',
    examples: [
      ['ikoma serve', 'démarrer sur le port 3000 avec une base dans ./data'],
      ['DATABASE_URL=postgres://… ikoma serve', 'démarrer sur PostgreSQL'],
    ],
  },
})
