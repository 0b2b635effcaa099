import { AppError } from '@ikoma/kernel'
import type { Host, Program } from './host.ts'

const maxToldCharacters = 2_000

/** Runs a program that has to succeed; rejects with what it said when it does not. */
export async function mustRun(host: Host, program: Program): Promise<void> {
  await outputOf(host, program)
}

/** What a program that has to succeed prints. */
export async function outputOf(host: Host, program: Program): Promise<string> {
  const { code, stdout, stderr } = await host.run(program)
  if (code === 0) return stdout
  const said = (stderr.trim() || stdout.trim()).slice(-maxToldCharacters)
  const [name] = program.argv
  throw new AppError('unavailable', `${name} failed with ${code ?? 'a signal'}: ${said}`, { reason: 'tool_failed' })
}
