import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import { type Command, Option } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readGiven } from '../../files.ts'
import { findServer } from '../../lookup.ts'
import { collect } from '../../options.ts'
import { translated } from '../../words.ts'
import { secretWords } from './secret-words.ts'

export interface SetSecretOptions {
  secret: string
  fromFile?: string
  server?: string[]
  allServers?: boolean
}

export function setSecretCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('set', words)
    .argument('<secret>', secretWords[cli.language].args.secret)
    .option('--from-file <path>', options.fromFile)
    .option('--server <server>', options.server, collect)
    .addOption(new Option('--all-servers', options.allServers).conflicts('server'))
    .action(cli.remote(setSecret))
}

export async function setSecret(options: SetSecretOptions, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  const servers = await serversOf(options, context)
  const value = await readValue(options, context)
  const { name, version } = await client.setSecret(options.secret, {
    value,
    ...(servers === undefined ? {} : { servers }),
  })
  out.answer({ name, version }, () => out.line(words[language].done(name, version)))
  return exitCodes.ok
}

/** Undefined leaves them as they are. */
async function serversOf({ server, allServers }: SetSecretOptions, context: RemoteContext) {
  if (allServers) return null
  if (!server) return undefined
  const ids: string[] = []
  for (const each of server) ids.push((await findServer(each, context)).id)
  return ids
}

/** Never from the command line, which other accounts see and shells remember. */
async function readValue({ fromFile, secret }: SetSecretOptions, { io, t, language }: RemoteContext): Promise<string> {
  if (fromFile !== undefined && fromFile !== '-') return readGiven(resolve(io.cwd, fromFile), t)
  const text = await (fromFile === '-' ? io.readStdin() : io.readHidden(words[language].prompt(secret)))
  // What `echo` and editors add is not part of it.
  const value = text.replace(/\r?\n$/, '')
  if (value !== '') return value
  throw new AppError('invalid', words[language].nothingGiven, { reason: 'nothing_given' })
}

const words = translated({
  en: {
    summary: 'Set a secret, or give it another value',
    details:
      'The value is asked for, or read from standard input, where one line break at its end is left out; a file is taken ' +
      'as it is. Text of up to 64 KiB; bytes that are no text go in as base64. Orders that are claimed from now on get it.',
    examples: [
      ['ikoma secret set db-password', 'typed in, unseen'],
      ['pass show db | ikoma secret set db-password', 'from another program'],
      ['ikoma secret set tls-key --from-file key.pem --server web-1', 'for orders of one server alone'],
    ],
    options: {
      fromFile: 'file with the value; - for standard input',
      server: 'server whose orders may name it (repeatable); stays as it was without it',
      allServers: 'let the orders of every server name it',
    },
    prompt: (name: string) => `Value of "${name}" (not shown): `,
    nothingGiven: 'No value was given. Type it when asked, or give it on standard input.',
    done: (name: string, version: number) => `Set "${name}", version ${version}.`,
  },
  fr: {
    summary: 'Définir un secret, ou lui donner une autre valeur',
    details:
      'La valeur est demandée, ou lue sur l’entrée standard, sans le saut de ligne qui la termine ; un fichier est pris ' +
      'tel quel. Texte de 64 Kio au plus ; des octets qui ne sont pas du texte entrent en base64. Les ordres pris à partir de maintenant la reçoivent.',
    examples: [
      ['ikoma secret set db-password', 'saisi sans être vu'],
      ['pass show db | ikoma secret set db-password', 'depuis un autre programme'],
      ['ikoma secret set tls-key --from-file key.pem --server web-1', 'pour les ordres d’un seul serveur'],
    ],
    options: {
      fromFile: 'fichier qui contient la valeur ; - pour l’entrée standard',
      server: 'serveur dont les ordres peuvent le nommer (répétable) ; sans elle, rien ne change',
      allServers: 'laisser les ordres de tous les serveurs le nommer',
    },
    prompt: (name) => `Valeur de « ${name} » (non affichée) : `,
    nothingGiven:
      'Aucune valeur n’a été donnée. Saisissez-la quand elle est demandée, ou donnez-la sur l’entrée standard.',
    done: (name, version) => `« ${name} » défini, version ${version}.`,
  },
})
