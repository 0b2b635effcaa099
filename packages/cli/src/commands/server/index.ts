import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { addHostCommand } from './add.ts'
import { attachHostCommand } from './attach.ts'
import { listHostsCommand } from './list.ts'
import { removeHostCommand } from './remove.ts'
import { showHostCommand } from './show.ts'

export function hostCommand(cli: Cli): Command {
  return cli
    .command('host', words)
    .addCommand(listHostsCommand(cli))
    .addCommand(addHostCommand(cli))
    .addCommand(showHostCommand(cli))
    .addCommand(attachHostCommand(cli))
    .addCommand(removeHostCommand(cli))
}

const words = translated({
  en: {
    summary: 'Hosts: the servers under management',
    examples: [
      ['ikoma host list', 'every host with its runner'],
      ['ikoma host add web-1', 'take one on'],
    ],
  },
  fr: {
    summary: 'Hôtes : les serveurs gérés',
    examples: [
      ['ikoma host list', 'chaque hôte avec son runner'],
      ['ikoma host add web-1', 'en prendre un en charge'],
    ],
  },
})
