import { resolve } from 'node:path'
import { ApiError, type CallerResource, type Client, createClient } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { fetchBelieving } from '@ikoma/kernel/node'
import type { Command } from 'commander'
import { givenAuthorities } from '../../authorities.ts'
import type { Cli } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { credentialOf, readContexts, refuseUnfitName, type StoredContext, writeContexts } from '../../contexts.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readGiven } from '../../files.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { reportError } from '../../report-error.ts'
import { dateAndTime } from '../../times.ts'
import { translated } from '../../words.ts'
import { describeContext } from './list.ts'

export interface AddContextOptions {
  name: string
  url?: string
  tokenFile?: string
  adminKeyFile?: string
  use?: boolean
  ca?: string
  /** Off with `--no-check`: the control plane is not asked. */
  check?: boolean
}

export function addContextCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('add', words)
    .argument('<name>', cli.t.args.name)
    .option('--token-file <file>', options.tokenFile)
    .option('--admin-key-file <file>', options.adminKeyFile)
    .option('--use', options.use)
    .option('--no-check', options.noCheck)
    .action(cli.local(addContext))
}

export async function addContext(options: AddContextOptions, context: Context): Promise<number> {
  const { out, t, language } = context
  if (!options.url) throw new AppError('invalid', t.errors.urlMissing, { reason: 'url_missing' })
  refuseUnfitName(options.name, context)
  const kept = await readContexts(context)
  const url = parseUrl(options.url, '--url', t)
  const ca = await givenAuthorities(options.ca, context)
  const added = { url, ...(await readCredential(options, context)), ...(ca !== null && { ca }) }
  let caller: Caller | null = null
  try {
    if (options.check !== false) caller = await callerOf(added, context)
  } catch (error) {
    const code = await reportError(error, context)
    out.note('  ', words[language].notKept)
    return code
  }
  const current = options.use || kept.current === null ? options.name : kept.current
  await writeContexts({ current, contexts: { ...kept.contexts, [options.name]: added } }, context)
  out.answer({ ...describeContext(options.name, added, current), caller }, () => {})
  out.note(words[language].added(options.name, added.url))
  out.note('  ', saidOf(caller, context))
  if (current !== options.name) out.note('  ', words[language].notCurrent(current, options.name))
  return exitCodes.ok
}

/** Null where a former version does not say. */
type Caller = CallerResource | { kind: StoredCredential; role: null }
type StoredCredential = CallerResource['kind']

/** Tries what is about to be kept: a slip would otherwise come out at the next command, and look like that one's. */
async function callerOf(added: StoredContext, { language }: Context): Promise<Caller> {
  const credential = credentialOf(added)
  const client = createClient({ url: added.url, credential, fetch: fetchBelieving(added.ca ?? null) })
  const kind = credential?.kind ?? 'token'
  try {
    return await askedCaller(client, kind)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401 || error.foreign !== null) throw error
    throw new AppError('unauthorized', words[language].refused(added.url, kind), {
      reason: 'credential_refused',
      cause: error,
    })
  }
}

async function askedCaller(client: Client, kind: StoredCredential): Promise<Caller> {
  try {
    return await client.getCaller()
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404 || error.foreign !== null) throw error
    await client.listRunners({ limit: 1 })
    return { kind, role: null }
  }
}

function saidOf(caller: Caller | null, context: Context): string {
  const said = words[context.language]
  if (caller === null) return said.unchecked
  if (caller.role === null) return said.accepted(caller.kind)
  if (caller.kind === 'admin-key') return said.adminKey
  const until = caller.expiresAt === null ? null : dateAndTime(caller.expiresAt, context)
  return said.token(caller.actor.replace(/^token:/, ''), caller.role, until)
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
      noCheck: 'keep it without trying it',
    },
    needsCredential:
      'Give a credential: --token-file <file>, --admin-key-file <file> ("-" reads it from standard input).',
    emptyCredential: 'The credential is empty.',
    refused: (url: string, kind: 'admin-key' | 'token') =>
      `The control plane at ${url} does not accept this ${kind === 'token' ? 'token: unknown, ended or revoked' : 'admin key'}.`,
    notKept: 'Nothing was kept. To keep it without trying it: --no-check',
    unchecked: 'It was not tried (--no-check).',
    accepted: (kind: 'admin-key' | 'token') => `Accepted: ${kind === 'token' ? 'a token' : 'the admin key'}.`,
    adminKey: 'Accepted: the admin key, which may do everything.',
    token: (name: string, role: string, until: string | null) =>
      `Accepted: the token "${name}", role ${role}${until === null ? '' : `, until ${until}`}.`,
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
      noCheck: 'l’enregistrer sans l’essayer',
    },
    needsCredential:
      'Donnez un accès : --token-file <fichier>, --admin-key-file <fichier> (« - » le lit sur l’entrée standard).',
    emptyCredential: 'L’accès est vide.',
    refused: (url, kind) =>
      `Le plan de contrôle à ${url} n’accepte pas ${kind === 'token' ? 'ce jeton : inconnu, expiré ou révoqué' : 'cette clé d’administration'}.`,
    notKept: 'Rien n’a été enregistré. Pour l’enregistrer sans l’essayer : --no-check',
    unchecked: 'Il n’a pas été essayé (--no-check).',
    accepted: (kind) => `Accepté : ${kind === 'token' ? 'un jeton' : 'la clé d’administration'}.`,
    adminKey: 'Accepté : la clé d’administration, qui peut tout.',
    token: (name, role, until) =>
      `Accepté : le jeton « ${name} », rôle ${role}${until === null ? '' : `, jusqu’au ${until}`}.`,
    added: (name, url) => `Le contexte « ${name} » mène à ${url}.`,
    notCurrent: (current, name) =>
      `Le contexte courant reste « ${current} ». Pour en changer : ikoma context use ${name}`,
  },
})
