import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { addServerCommand } from './add.ts'
import { attachServerCommand } from './attach.ts'
import { listServersCommand } from './list.ts'
import { removeServerCommand } from './remove.ts'
import { showServerCommand } from './show.ts'

export function serverCommand(cli: Cli): Command {
  return cli
    .command('server', words)
    .addCommand(listServersCommand(cli))
    .addCommand(addServerCommand(cli))
    .addCommand(showServerCommand(cli))
    .addCommand(attachServerCommand(cli))
    .addCommand(removeServerCommand(cli))
}

const words = translated({
  en: {
    summary: 'Servers: the machines under management',
    examples: [
      ['ikoma server list', 'every server with its runner'],
      ['ikoma server add web-1', 'take one on'],
    ],
  },
  fr: {
    summary: 'Serveurs : les machines gérées',
    examples: [
      ['ikoma server list', 'chaque serveur avec son runner'],
      ['ikoma server add web-1', 'en prendre un en charge'],
    ],
  },
})
