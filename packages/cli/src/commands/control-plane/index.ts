import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { acceptClockCommand, clockCommand } from './clock.ts'
import { drainControlPlaneCommand, resumeControlPlaneCommand } from './drain.ts'

export function controlPlaneCommand(cli: Cli): Command {
  return cli
    .command('control-plane', words)
    .addCommand(drainControlPlaneCommand(cli))
    .addCommand(resumeControlPlaneCommand(cli))
    .addCommand(clockCommand(cli))
    .addCommand(acceptClockCommand(cli))
}

const words = translated({
  en: {
    summary: 'The control plane itself: drain it before an upgrade, look at its clock',
    examples: [
      ['ikoma control-plane drain', 'no new orders; wait for what runs'],
      ['ikoma control-plane clock', 'whether its clock jumped'],
    ],
  },
  fr: {
    summary: 'Le plan de contrôle lui-même : le vider avant une mise à jour, voir son horloge',
    examples: [
      ['ikoma control-plane drain', 'plus de nouveaux ordres ; attendre ce qui tourne'],
      ['ikoma control-plane clock', 'dire si son horloge a sauté'],
    ],
  },
})
