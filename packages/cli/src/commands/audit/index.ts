import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { translated } from '../../words.ts'
import { listAuditCommand } from './list.ts'
import { verifyAuditCommand } from './verify.ts'

export function auditCommand(cli: Cli): Command {
  return cli.command('audit', words).addCommand(listAuditCommand(cli)).addCommand(verifyAuditCommand(cli))
}

const words = translated({
  en: {
    summary: 'The record of every change',
    examples: [
      ['ikoma audit list', 'every change, the oldest first'],
      ['ikoma audit verify', 'whether the record is whole'],
    ],
  },
  fr: {
    summary: 'Le registre de tous les changements',
    examples: [
      ['ikoma audit list', 'tous les changements, du plus ancien au plus récent'],
      ['ikoma audit verify', 'si le registre est intact'],
    ],
  },
})
