export type { Context } from './command-context.ts'
export type { Io, Sink } from './io.ts'
export type { EnrolRunnerOptions, Processes, RunRunnerOptions, ServeOptions } from './processes/processes.ts'
export { type Environment, runProgram } from './program.ts'
