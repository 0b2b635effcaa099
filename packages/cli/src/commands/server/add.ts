import type { RunnerResource, ServerResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { findRunner } from '../../lookup.ts'
import { collect } from '../../options.ts'
import { translated } from '../../words.ts'
import { serverWords } from './server-words.ts'

export interface AddServerOptions {
  name: string
  baseUrl?: string
  tag?: string[]
  runner?: string
}

export function addServerCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('add', words)
    .argument('<name>', cli.t.args.name)
    .option('--base-url <url>', options.baseUrl)
    .option('--tag <tag>', options.tag, collect)
    .option('--runner <runner>', options.runner)
    .action(cli.remote(addServer))
}

export async function addServer(options: AddServerOptions, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const runner = options.runner === undefined ? null : await findRunner(options.runner, context)
  const created = await client.createServer({
    name: options.name,
    baseUrl: options.baseUrl,
    tags: options.tag,
  })
  if (!runner) out.note(serverWords[language].withoutRunner(created.name))
  const server = runner ? await attachAdded(created, runner, context) : created
  out.answer(server, () => out.line(server.id))
  return exitCodes.ok
}

/** The server is there whatever comes of the runner: that is said before the refusal is. */
async function attachAdded(added: ServerResource, runner: RunnerResource, context: RemoteContext) {
  const { client, out, language } = context
  try {
    const server = await client.attachRunner(added.id, runner.id)
    out.note(serverWords[language].attached(server.name, runner.name))
    return server
  } catch (error) {
    out.note(serverWords[language].withoutRunner(added.name))
    throw error
  }
}

const words = translated({
  en: {
    summary: 'Take a server under management',
    examples: [
      ['ikoma server add web-1 --tag production', 'with a tag'],
      ['ikoma server add web-1 --runner web-1', 'and attach its runner'],
    ],
    options: { baseUrl: 'address of the server', tag: 'tag (repeatable)', runner: 'runner that executes its orders' },
  },
  fr: {
    summary: 'Prendre un serveur en charge',
    examples: [
      ['ikoma server add web-1 --tag production', 'avec une marque'],
      ['ikoma server add web-1 --runner web-1', 'et lui attacher son runner'],
    ],
    options: { baseUrl: 'adresse du serveur', tag: 'marque (répétable)', runner: 'runner qui exécute ses ordres' },
  },
})
