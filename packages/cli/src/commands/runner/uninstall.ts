import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'

export function uninstallRunnerCommand(cli: Cli): Command {
  const { options } = cli.t
  return cli
    .command('uninstall', words)
    .option('--purge', words[cli.language].options.purge)
    .option('--dry-run', options.dryRun)
    .action(cli.local(cli.processes.uninstallRunner))
}

const words = translated({
  en: {
    summary: 'Remove the runner from this server, as root',
    details:
      'Stops, disables and removes the units. Settings, identity, journal and the user that owns them stay for a later ' +
      'install, unless --purge is given. Nothing that orders made is touched.',
    examples: [
      ['ikoma runner uninstall', 'keep what was set and written'],
      ['ikoma runner uninstall --purge --dry-run', 'what removing everything would remove'],
    ],
    options: { purge: 'remove settings, identity, journal and user too' },
  },
  fr: {
    summary: 'Retirer le runner de ce serveur, en tant que root',
    details:
      'Arrête, désactive et supprime les unités. Réglages, identité, journal et l’utilisateur qui les possède restent pour ' +
      'une installation ultérieure, sauf avec --purge. Rien de ce que les ordres ont fait n’est touché.',
    examples: [
      ['ikoma runner uninstall', 'garder ce qui a été réglé et écrit'],
      ['ikoma runner uninstall --purge --dry-run', 'ce que tout supprimer supprimerait'],
    ],
    options: { purge: 'supprimer aussi les réglages, l’identité, le journal et l’utilisateur' },
  },
})
