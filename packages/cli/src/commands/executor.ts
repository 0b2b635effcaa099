import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { translated } from '../words.ts'

/** For systemd alone, which starts it with a connection as its standard input: help does not list it. */
export function executorCommand(cli: Cli): Command {
  const run = cli
    .command('run', runWords)
    .requiredOption('--peer <instance>', runWords[cli.language].options.peer)
    .action(cli.local(cli.processes.runExecutor))
  return cli.command('executor', words).addCommand(run)
}

const words = translated({
  en: {
    summary: 'The executor: what needs root, done for the runner',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'as systemd starts it'],
      ['systemctl status ikoma-executor.socket', 'whether it listens'],
    ],
  },
  fr: {
    summary: 'L’exécuteur : ce qui exige root, fait pour le runner',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'comme systemd le démarre'],
      ['systemctl status ikoma-executor.socket', 's’il écoute'],
    ],
  },
})

const runWords = translated({
  en: {
    summary: 'Do one order as root, for the connection on standard input',
    details: 'Started by ikoma-executor.socket. `ikoma runner install` writes its unit.',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'as systemd starts it'],
      ["journalctl -u 'ikoma-executor@*'", 'what it was asked for and did'],
    ],
    options: { peer: 'instance name that systemd gave the connection' },
  },
  fr: {
    summary: 'Exécuter un ordre en tant que root, pour la connexion sur l’entrée standard',
    details: 'Démarré par ikoma-executor.socket. `ikoma runner install` écrit son unité.',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'comme systemd le démarre'],
      ["journalctl -u 'ikoma-executor@*'", 'ce qui lui a été demandé et ce qu’il a fait'],
    ],
    options: { peer: 'nom d’instance donné par systemd à la connexion' },
  },
})
