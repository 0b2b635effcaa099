import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { drainRunnerCommand, resumeRunnerCommand } from './drain.ts'
import { editRunnerCommand } from './edit.ts'
import { enrolRunnerCommand } from './enrol.ts'
import { installRunnerCommand } from './install.ts'
import { listInvitationsCommand } from './invitations.ts'
import { inviteRunnerCommand } from './invite.ts'
import { listRunnersCommand } from './list.ts'
import { removeRunnerCommand } from './remove.ts'
import { rotateRunnerCommand } from './rotate.ts'
import { runRunnerCommand } from './run.ts'
import { showRunnerCommand } from './show.ts'
import { uninstallRunnerCommand } from './uninstall.ts'
import { uninviteCommand } from './uninvite.ts'

export function runnerCommand(cli: Cli): Command {
  return cli
    .command('runner', words)
    .addCommand(inviteRunnerCommand(cli))
    .addCommand(listInvitationsCommand(cli))
    .addCommand(uninviteCommand(cli))
    .addCommand(enrolRunnerCommand(cli))
    .addCommand(runRunnerCommand(cli))
    .addCommand(installRunnerCommand(cli))
    .addCommand(uninstallRunnerCommand(cli))
    .addCommand(listRunnersCommand(cli))
    .addCommand(showRunnerCommand(cli))
    .addCommand(editRunnerCommand(cli))
    .addCommand(rotateRunnerCommand(cli))
    .addCommand(drainRunnerCommand(cli))
    .addCommand(resumeRunnerCommand(cli))
    .addCommand(removeRunnerCommand(cli))
}

const words = translated({
  en: {
    summary: 'Runners: the processes that execute orders',
    examples: [
      ['ikoma runner list', 'who is online'],
      ['ikoma runner invite --name web-1', 'make the line that enrols a new one'],
    ],
  },
  fr: {
    summary: 'Runners : les processus qui exécutent les ordres',
    examples: [
      ['ikoma runner list', 'qui est en ligne'],
      ['ikoma runner invite --name web-1', 'préparer la ligne qui en inscrit un nouveau'],
    ],
  },
})
