import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { readContexts, type StoredContext, writeContexts } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readGiven } from '../../files.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { translated } from '../../words.ts'
import { describeContext } from './list.ts'

export interface AddContextOptions {
  name: string
  url?: string
  tokenFile?: string
  adminKeyFile?: string
  use?: boolean
}

export function addContextCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('add', words)
    .argument('<name>', cli.t.args.name)
    .option('--token-file <file>', options.tokenFile)
    .option('--admin-key-file <file>', options.adminKeyFile)
    .option('--use', options.use)
    .action(cli.local(addContext))
}

export async function addContext(options: AddContextOptions, context: Context): Promise<number> {
  const { out, t, language } = context
  if (!options.url) throw new AppError('invalid', t.errors.urlMissing, { reason: 'url_missing' })
  const kept = await readContexts(context)
  const added = { url: parseUrl(options.url, '--url', t), ...(await readCredential(options, context)) }
  const current = options.use || kept.current === null ? options.name : kept.current
  await writeContexts({ current, contexts: { ...kept.contexts, [options.name]: added } }, context)
  out.answer(describeContext(options.name, added, current), () => {})
  out.note(words[language].added(options.name, added.url))
  if (current !== options.name) out.note('  ', words[language].notCurrent(current, options.name))
  return exitCodes.ok
}

/** From a file, standard input or the environment, never from an argument: every user of the machine sees those. */
async function readCredential(
  { tokenFile, adminKeyFile }: AddContextOptions,
  { io, t, language }: Context,
): Promise<Pick<StoredContext, 'token' | 'adminKey'>> {
  const read = async (file: string) => {
    const text = file === '-' ? await io.readStdin() : await readGiven(resolve(io.cwd, file), t)
    if (text.trim() === '')
      throw new AppError('invalid', words[language].emptyCredential, { reason: 'credential_empty' })
    return text.trim()
  }
  if (tokenFile) return { token: await read(tokenFile) }
  if (adminKeyFile) return { adminKey: await read(adminKeyFile) }
  if (io.env.IKOMA_TOKEN) return { token: io.env.IKOMA_TOKEN }
  if (io.env.IKOMA_ADMIN_KEY) return { adminKey: io.env.IKOMA_ADMIN_KEY }
  throw new AppError('invalid', words[language].needsCredential, { reason: 'credential_missing' })
}

const words = translated({
  en: {
    summary: 'Keep a control plane and a credential for it',
    examples: [
      ['ikoma context add prod --url https://ikoma.example.org --token-file token.txt', 'with a token from a file'],
      [
        'ikoma context add prod --url https://ikoma.example.org --token-file - --use',
        'from standard input, and use it',
      ],
    ],
    options: {
      tokenFile: 'file that holds a token, or - for standard input',
      adminKeyFile: 'file that holds the admin key, or - for standard input',
      use: 'make it the current context',
    },
    needsCredential:
      'Give a credential: --token-file <file>, --admin-key-file <file> ("-" reads it from standard input).',
    emptyCredential: 'The credential is empty.',
    added: (name: string, url: string) => `Context "${name}" leads to ${url}.`,
    notCurrent: (current: string, name: string) =>
      `Current is still "${current}". Change it: ikoma context use ${name}`,
  },
  fr: {
    summary: 'Enregistrer un plan de contrôle et son accès',
    examples: [
      [
        'ikoma context add prod --url https://ikoma.example.org --token-file token.txt',
        'avec un jeton lu dans un fichier',
      ],
      [
        'ikoma context add prod --url https://ikoma.example.org --token-file - --use',
        'lu sur l’entrée standard, et l’utiliser',
      ],
    ],
    options: {
      tokenFile: 'fichier qui contient un jeton, ou - pour l’entrée standard',
      adminKeyFile: 'fichier qui contient la clé d’administration, ou - pour l’entrée standard',
      use: 'en faire le contexte courant',
    },
    needsCredential:
      'Donnez un accès : --token-file <fichier>, --admin-key-file <fichier> (« - » le lit sur l’entrée standard).',
    emptyCredential: 'L’accès est vide.',
    added: (name, url) => `Le contexte « ${name} » mène à ${url}.`,
    notCurrent: (current, name) =>
      `Le contexte courant reste « ${current} ». Pour en changer : ikoma context use ${name}`,
  },
})
