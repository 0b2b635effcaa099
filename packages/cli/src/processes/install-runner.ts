import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { AppError } from '@ikoma/kernel'
import { type Carrying, type InstallOptions, installRunner, uninstallRunner } from '@ikoma/runner'
import type { Context } from '../cli.ts'
import type { InstallRunnerOptions } from '../commands/runner/install.ts'
import type { UninstallRunnerOptions } from '../commands/runner/uninstall.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Style } from '../output.ts'
import { version } from '../version.ts'

type Changes = Awaited<ReturnType<typeof installRunner>>

/** Makes this machine a server with a runner and an executor. */
export async function install(options: InstallRunnerOptions, context: Context): Promise<number> {
  refuseUnfit(context)
  const { url, token, name, allow, dryRun = false } = options
  const invitation = url !== undefined && token !== undefined ? { url, token, ...(name ? { name } : {}) } : null
  const program = programOfThis()
  const wanted = { program, version, invitation, ...(allow ? { allow } : {}) }
  const changes = await carried((carrying) => installRunner(wanted, carrying), dryRun, context)
  const { out, t } = context
  if (changes.length > 0 && !dryRun) for (const line of t.install.installed) out.note(line)
  return conclude(changes, dryRun, context)
}

export async function uninstall({ purge = false, dryRun = false }: UninstallRunnerOptions, context: Context) {
  refuseUnfit(context)
  const changes = await carried((carrying) => uninstallRunner({ purge }, carrying), dryRun, context)
  const { out, t } = context
  if (changes.length > 0 && !dryRun) out.note(purge ? t.install.purged : t.install.uninstalled)
  return conclude(changes, dryRun, context)
}

/** The bundle's first file names its parts by their content, so its digest is that of the whole. */
function programOfThis(): InstallOptions['program'] {
  const entry = realpathSync(process.argv[1] ?? '')
  const build = createHash('sha256').update(readFileSync(entry)).digest('hex').slice(0, 12)
  return { node: process.execPath, entry, build }
}

function refuseUnfit({ t }: Context): void {
  if (process.getuid?.() !== 0) throw new AppError('unprocessable', t.install.notRoot, { reason: 'not_root' })
  if (!existsSync('/run/systemd/system')) {
    throw new AppError('unprocessable', t.install.noSystemd, { reason: 'no_systemd' })
  }
}

/** Tells the plan, then each change as it is made. Ctrl-C takes back what was made. */
async function carried(
  carry: (carrying: Carrying) => Promise<Changes>,
  dryRun: boolean,
  { io, out, t }: Context,
): Promise<Changes> {
  const stop = new AbortController()
  const listening = io.onInterrupt(() => stop.abort(new AppError('unprocessable', t.install.interrupted)))
  try {
    return await carry({
      dryRun,
      signal: stop.signal,
      plan(changes) {
        if (dryRun && !out.json) for (const change of changes) showChange(change, out)
      },
      course: {
        log: (text) => out.note(text),
        async step(name, run) {
          out.note('  ', name)
          return run()
        },
      },
    })
  } catch (error) {
    if (!(error instanceof AppError) || error.reason !== 'not_enrolled') throw error
    throw new AppError(error.code, t.install.notEnrolled, { reason: error.reason, cause: error })
  } finally {
    listening()
  }
}

function showChange({ title, diff }: Changes[number], out: Context['out']): void {
  out.line({ text: title, style: 'bold' })
  for (const line of diff?.split('\n') ?? []) if (line !== '') out.line({ text: `  ${line}`, style: styleOf(line) })
}

function styleOf(line: string): Style {
  if (line.startsWith('+')) return 'green'
  return line.startsWith('-') ? 'red' : 'dim'
}

function conclude(changes: Changes, dryRun: boolean, { out, t }: Context): number {
  const shown = changes.map(({ title, diff }) => ({ title, diff }))
  out.answer({ changed: changes.length > 0 && !dryRun, changes: shown }, () => {
    if (changes.length === 0) out.line(t.install.nothing)
    else out.line(dryRun ? t.install.wouldMake(changes.length) : t.install.made(changes.length))
  })
  return dryRun && changes.length > 0 ? exitCodes.planHasChanges : exitCodes.ok
}
