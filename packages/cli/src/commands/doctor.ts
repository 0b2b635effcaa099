import type { Command } from 'commander'
import type { Cli, GlobalOptions } from '../cli.ts'
import type { Context } from '../command-context.ts'
import { checkAll } from '../doctor-checks.ts'
import { exitCodes } from '../exit-codes.ts'
import { translated } from '../words.ts'

export function doctorCommand(cli: Cli): Command {
  return cli.command('doctor', words).action(cli.local(doctor))
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

const words = translated({
  en: {
    summary: 'Find out why something does not work',
    details: 'Exits with 1 when a check fails.',
    examples: [
      ['ikoma doctor', 'check everything from here'],
      ['ikoma doctor --context prod', 'check another control plane'],
    ],
  },
  fr: {
    summary: 'Trouver pourquoi quelque chose ne marche pas',
    details: 'Sort avec 1 quand une vérification échoue.',
    examples: [
      ['ikoma doctor', 'tout vérifier d’ici'],
      ['ikoma doctor --context prod', 'vérifier un autre plan de contrôle'],
    ],
  },
})
