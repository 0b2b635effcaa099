import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, Context } from '../../cli.ts'
import { readContexts, type StoredContext, writeContexts } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readGiven } from '../../files.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { describeContext } from './list.ts'

export interface AddContextOptions {
  name: string
  url?: string
  tokenFile?: string
  adminKeyFile?: string
  use?: boolean
}

export function addContextCommand(cli: Cli): Command {
  const { options } = cli.t
  return cli
    .command('context add')
    .argument('<name>', cli.t.args.name)
    .option('--token-file <file>', options.tokenFile)
    .option('--admin-key-file <file>', options.adminKeyFile)
    .option('--use', options.use)
    .action(cli.local(addContext))
}

export async function addContext(options: AddContextOptions, context: Context): Promise<number> {
  const { out, t } = context
  if (!options.url) throw new AppError('invalid', t.contexts.needsUrl, { reason: 'url_missing' })
  const kept = await readContexts(context)
  const added = { url: parseUrl(options.url, '--url', t), ...(await readCredential(options, context)) }
  const current = options.use || kept.current === null ? options.name : kept.current
  await writeContexts({ current, contexts: { ...kept.contexts, [options.name]: added } }, context)
  out.answer(describeContext(options.name, added, current), () => {})
  out.note(t.contexts.added(options.name, added.url))
  if (current !== options.name) out.note('  ', t.contexts.notCurrent(current, options.name))
  return exitCodes.ok
}

/** From a file, standard input or the environment, never from an argument: every user of the machine sees those. */
async function readCredential(
  { tokenFile, adminKeyFile }: AddContextOptions,
  { io, t }: Context,
): Promise<Pick<StoredContext, 'token' | 'adminKey'>> {
  const read = async (file: string) => {
    const text = file === '-' ? await io.readStdin() : await readGiven(resolve(io.cwd, file), t)
    if (text.trim() === '') throw new AppError('invalid', t.contexts.emptyCredential, { reason: 'credential_empty' })
    return text.trim()
  }
  if (tokenFile) return { token: await read(tokenFile) }
  if (adminKeyFile) return { adminKey: await read(adminKeyFile) }
  if (io.env.IKOMA_TOKEN) return { token: io.env.IKOMA_TOKEN }
  if (io.env.IKOMA_ADMIN_KEY) return { adminKey: io.env.IKOMA_ADMIN_KEY }
  throw new AppError('invalid', t.contexts.needsCredential, { reason: 'credential_missing' })
}
