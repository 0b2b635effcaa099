import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { addHostCommand } from './add.ts'
import { attachHostCommand } from './attach.ts'
import { listHostsCommand } from './list.ts'
import { removeHostCommand } from './remove.ts'
import { showHostCommand } from './show.ts'

export function hostCommand(cli: Cli): Command {
  return cli
    .command('host')
    .addCommand(listHostsCommand(cli))
    .addCommand(addHostCommand(cli))
    .addCommand(showHostCommand(cli))
    .addCommand(attachHostCommand(cli))
    .addCommand(removeHostCommand(cli))
}
