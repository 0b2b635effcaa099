import { stat } from 'node:fs/promises'
import type { OutputOf, PayloadOf } from '@ikoma/api'
import { type Exit, type ProcessTree, startProgram } from '../host/process-tree.ts'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { stopOf } from '../order/stop.ts'
import { pause } from '../protocol/pause.ts'

export const shell = {
  'shell.run': runArgv,
} satisfies FamilyActions<'shell'>

type Payload = PayloadOf<'shell.run'>
type Output = OutputOf<'shell.run'>

/** The pipes of a tree that is dead are at their end; one held by a process out of reach never is. */
const lastOutputMs = 5_000
/** A lost lease leaves no time: another runner may begin. */
const hurriedGraceMs = 1_000

/** Runs one program. Whatever it started and left behind ends with it. */
async function runArgv(payload: Payload, context: ActionContext): Promise<ActionResult<Output>> {
  const { argv } = payload
  const shown = argv.map((argument) => JSON.stringify(argument)).join(' ')
  const cwd = payload.cwd ?? context.runner.workDir
  if (context.dryRun) {
    const summary = `Would run ${shown} in ${cwd}.`
    context.log(summary)
    return {
      ok: true,
      summary,
      output: { exitCode: null, signal: null, durationMs: 0, stdoutTail: '', stderrTail: '' },
    }
  }
  if (!(await isDirectory(cwd))) return failed('no_such_directory', `There is no directory ${cwd} to run in.`)
  context.log(`Running ${shown} in ${cwd}`)
  return runTree(payload, cwd, context)
}

async function runTree(payload: Payload, cwd: string, context: ActionContext): Promise<ActionResult<Output>> {
  const { argv, env, okExitCodes } = payload
  const { runner, signal, marker } = context
  const begunMs = performance.now()
  const tree = startProgram({ argv, cwd, env: { ...runner.childEnv, ...env }, marker })
  const stdout = context.capture(tree.stdout, 'stdout')
  const stderr = context.capture(tree.stderr, 'stderr')
  let exit: Exit
  try {
    exit = await exitOrStop(tree, signal, runner.killGraceMs)
  } catch (error) {
    return failed('program_not_started', `${argv[0]} could not be started: ${startProblem(error)}.`)
  }
  const left = await tree.kill(graceMs(signal, runner.killGraceMs))
  if (left > 0) context.log(`${left} processes could not be ended.`)
  const [stdoutTail, stderrTail] = await lastOutput(tree, [stdout, stderr])
  const durationMs = Math.round(performance.now() - begunMs)
  const output = { exitCode: exit.code, signal: exit.signal, durationMs, stdoutTail, stderrTail }
  const end = exit.signal ? `was ended by ${exit.signal}` : `ended with ${exit.code}`
  const summary = `${argv[0]} ${end} after ${durationMs} ms.`
  context.log(summary)
  if (exit.code !== null && okExitCodes.includes(exit.code)) return { ok: true, summary, output }
  return failed(exit.signal ? 'ended_by_signal' : 'exit_code', summary, output)
}

async function exitOrStop(tree: ProcessTree, signal: AbortSignal, killGraceMs: number): Promise<Exit> {
  const stop = () => void tree.kill(graceMs(signal, killGraceMs))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await tree.exited
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function graceMs(signal: AbortSignal, killGraceMs: number): number {
  return stopOf(signal)?.kind === 'lost' ? Math.min(hurriedGraceMs, killGraceMs) : killGraceMs
}

async function lastOutput(tree: ProcessTree, tails: [Promise<string>, Promise<string>]): Promise<[string, string]> {
  const both = Promise.all(tails)
  const enough = new AbortController()
  await Promise.race([both, pause(lastOutputMs, enough.signal)])
  enough.abort()
  tree.stdout.destroy()
  tree.stderr.destroy()
  return both
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

function startProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such program'
  if (code === 'EACCES') return 'it may not be executed'
  return message
}

function failed(code: string, summary: string, output?: Output): ActionResult<Output> {
  return { ok: false, summary, errors: [{ code, message: summary }], ...(output && { output }) }
}
