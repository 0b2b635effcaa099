import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { listAuditCommand } from './list.ts'
import { verifyAuditCommand } from './verify.ts'

export function auditCommand(cli: Cli): Command {
  return cli.command('audit').addCommand(listAuditCommand(cli)).addCommand(verifyAuditCommand(cli))
}
