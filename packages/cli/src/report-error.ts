import { ApiError } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { CommanderError } from 'commander'
import type { Context } from './command-context.ts'
import { exitCodeOfError, exitCodeOfProblem, exitCodes } from './exit-codes.ts'
import { unreachable } from './unreachable.ts'
import { usageMessage } from './usage-message.ts'

type Reporter = Pick<Context, 'io' | 'out' | 't' | 'language'>

/** Says what is wrong and what to do, on stderr, and gives the exit code. */
export async function reportError(error: unknown, reporter: Reporter): Promise<number> {
  const { out, t } = reporter
  if (error instanceof CommanderError) return reportUsage(error, reporter)
  const why = await unreachable(error, reporter.language)
  if (why !== null) {
    complain(why.text, reporter)
    out.note('  ', why.advice)
    return error instanceof ApiError ? exitCodeOfProblem(error.status) : exitCodes.failure
  }
  if (error instanceof ApiError) return reportProblem(error, reporter)
  if (error instanceof AppError) {
    complain(error.message, reporter)
    for (const { field, message } of error.fields ?? []) out.note('  ', field ? `${field}: ${message}` : message)
    return exitCodeOfError[error.code]
  }
  complain(t.errors.unexpected(error instanceof Error ? error.message : String(error)), reporter)
  if (reporter.io.env.IKOMA_DEBUG && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n')) out.note(line)
  }
  return exitCodes.failure
}

function reportUsage(error: CommanderError, reporter: Reporter): number {
  if (error.exitCode === 0) return exitCodes.ok
  // A noun without a verb: commander has already shown its help.
  if (error.code !== 'commander.help') {
    complain(usageMessage(error, reporter.t), reporter)
    reporter.out.note('  ', reporter.t.errors.usageHint)
  }
  return exitCodes.usage
}

function reportProblem({ status, problem }: ApiError, reporter: Reporter): number {
  const { out, t } = reporter
  complain(problem.detail, reporter)
  const fields = (problem.fields ?? []).map(({ field, message }) => `${field}: ${message}`)
  for (const line of fields.filter((line) => line !== problem.detail)) out.note(`  ${line}`)
  const request = problem.requestId ? `, ${t.errors.request} ${problem.requestId}` : ''
  out.note({ text: `  ${t.errors.reason} ${problem.reason}${request}`, style: 'dim' })
  if (problem.reason === 'plain_secret') out.note('  ', t.errors.plainSecretHint)
  if (status === 401) out.note('  ', t.errors.unauthorizedHint)
  return exitCodeOfProblem(status)
}

function complain(message: string, { out, t }: Reporter): void {
  out.note({ text: t.errors.prefix, style: 'red' }, ' ', message)
}
