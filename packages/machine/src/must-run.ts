import { AppError } from '@ikoma/kernel'
import type { Exit, Host, Program } from './host.ts'

const maxToldCharacters = 2_000

/** Runs a program that has to succeed; rejects with what it said when it does not. */
export async function mustRun(host: Host, program: Program): Promise<void> {
  await outputOf(host, program)
}

/** What a program that has to succeed prints. */
export async function outputOf(host: Host, program: Program): Promise<string> {
  const exit = await host.run(program)
  if (exit.code === 0) return exit.stdout
  throw toolFailed(program.argv[0], exit)
}

/** A program that had to succeed and did not, with the end of what it said. */
export function toolFailed(name: string, { code, stdout, stderr }: Exit): AppError {
  const said = (stderr.trim() || stdout.trim()).slice(-maxToldCharacters)
  return new AppError('unavailable', `${name} failed with ${code ?? 'a signal'}: ${said}`, { reason: 'tool_failed' })
}
