import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { editRunnerCommand } from './edit.ts'
import { enrolRunnerCommand } from './enrol.ts'
import { installRunnerCommand } from './install.ts'
import { inviteRunnerCommand } from './invite.ts'
import { listRunnersCommand } from './list.ts'
import { removeRunnerCommand } from './remove.ts'
import { rotateRunnerCommand } from './rotate.ts'
import { runRunnerCommand } from './run.ts'
import { showRunnerCommand } from './show.ts'
import { uninstallRunnerCommand } from './uninstall.ts'

export function runnerCommand(cli: Cli): Command {
  return cli
    .command('runner')
    .addCommand(inviteRunnerCommand(cli))
    .addCommand(enrolRunnerCommand(cli))
    .addCommand(runRunnerCommand(cli))
    .addCommand(installRunnerCommand(cli))
    .addCommand(uninstallRunnerCommand(cli))
    .addCommand(listRunnersCommand(cli))
    .addCommand(showRunnerCommand(cli))
    .addCommand(editRunnerCommand(cli))
    .addCommand(rotateRunnerCommand(cli))
    .addCommand(removeRunnerCommand(cli))
}
