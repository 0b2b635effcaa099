import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { addContextCommand } from './add.ts'
import { listContextsCommand } from './list.ts'
import { removeContextCommand } from './remove.ts'
import { showContextCommand } from './show.ts'
import { useContextCommand } from './use.ts'

export function contextCommand(cli: Cli): Command {
  return cli
    .command('context')
    .addCommand(addContextCommand(cli))
    .addCommand(listContextsCommand(cli))
    .addCommand(useContextCommand(cli))
    .addCommand(showContextCommand(cli))
    .addCommand(removeContextCommand(cli))
}
