import type { Command } from 'commander'
import type { Cli, Context, GlobalOptions } from '../cli.ts'
import { checkAll } from '../doctor-checks.ts'
import { exitCodes } from '../exit-codes.ts'

export function doctorCommand(cli: Cli): Command {
  return cli.command('doctor').action(cli.local(doctor))
}

const marks = {
  ok: { text: '✔', style: 'green' },
  warn: { text: '!', style: 'yellow' },
  fail: { text: '✖', style: 'red' },
} as const

export async function doctor(options: GlobalOptions, context: Context): Promise<number> {
  const { out } = context
  const checks = await checkAll(options, context)
  const ok = checks.every(({ status }) => status !== 'fail')
  out.answer({ ok, checks }, () => {
    for (const { status, detail, advice } of checks) {
      out.line(marks[status], ' ', detail)
      if (advice) out.line('    → ', advice)
    }
  })
  return ok ? exitCodes.ok : exitCodes.failure
}
