import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'

export function verifyAuditCommand(cli: Cli): Command {
  return cli.command('audit verify').action(cli.remote(verifyAudit))
}

export async function verifyAudit(_options: object, { client, out, t }: RemoteContext): Promise<number> {
  const verification = await client.verifyAudit()
  const { ok, events, head, fault } = verification
  out.answer(verification, () => {
    if (ok) out.line({ text: '✔', style: 'green' }, ' ', t.audit.whole(events))
    else out.line({ text: '✖', style: 'red' }, ' ', t.audit.broken(fault?.seq ?? events + 1, fault?.fault ?? 'altered'))
  })
  // Kept elsewhere, this line shows later whether the end of the chain was cut off.
  out.note({ text: t.audit.head(head.seq, head.hash), style: 'dim' })
  return ok ? exitCodes.ok : exitCodes.failure
}
