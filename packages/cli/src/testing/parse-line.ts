import { messagesIn } from '../messages/index.ts'
import { buildProgram, createCli, optionsOf } from '../program.ts'
import { createWorld } from './world.ts'

/** The options a command line gives to its command, which does not run. */
export async function parseLine(argv: readonly string[]): Promise<unknown> {
  const { io, processes } = createWorld()
  let parsed: unknown
  const keep =
    () =>
    async (...args: unknown[]) => {
      parsed = optionsOf(args)
    }
  const cli = createCli({ io, processes, t: messagesIn('en'), language: 'en', finish: () => {} })
  await buildProgram({ ...cli, local: keep, remote: keep }).parseAsync(argv, { from: 'user' })
  return parsed
}
