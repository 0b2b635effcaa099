import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '@ikoma/kernel'
import type { Context } from './command-context.ts'
import { translated } from './words.ts'

const longest = 1_000_000
const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** Authorities, in PEM, that were named for this command: by its option, or else by the environment. Null for none. */
export async function givenAuthorities(
  option: string | undefined,
  context: Pick<Context, 'io' | 'language'>,
): Promise<string | null> {
  const { env, cwd } = context.io
  if (option !== undefined) return readAuthorities(resolve(cwd, option), '--ca', context)
  if (!env.IKOMA_CA_FILE) return null
  return readAuthorities(resolve(cwd, env.IKOMA_CA_FILE), 'IKOMA_CA_FILE', context)
}

/** The certificates of a file, and nothing else that is in it: a private key beside them is left there. */
async function readAuthorities(path: string, given: string, { language }: Pick<Context, 'language'>): Promise<string> {
  const said = words[language]
  const unusable = (message: string, cause?: unknown) =>
    new AppError('invalid', `${given}: ${message}`, { reason: 'authorities_unusable', cause })
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unusable(cause.code === 'ENOENT' ? said.missing(path) : said.unreadable(path, cause.code ?? ''), cause)
  })
  const found = text.length > longest ? [] : (text.match(certificate) ?? [])
  if (found.length === 0) throw unusable(said.noCertificate(path))
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem)
    } catch (cause) {
      throw unusable(said.broken(path, index + 1), cause)
    }
  }
  return `${found.join('\n')}\n`
}

const words = translated({
  en: {
    missing: (path: string) => `there is no file ${path}.`,
    unreadable: (path: string, code: string) => `the file ${path} cannot be read (${code}).`,
    noCertificate: (path: string) => `${path} holds no certificate in PEM ("BEGIN CERTIFICATE").`,
    broken: (path: string, index: number) => `certificate ${index} in ${path} is damaged.`,
  },
  fr: {
    missing: (path) => `le fichier ${path} n’existe pas.`,
    unreadable: (path, code) => `le fichier ${path} est illisible (${code}).`,
    noCertificate: (path) => `${path} ne contient aucun certificat en PEM (« BEGIN CERTIFICATE »).`,
    broken: (path, index) => `le certificat ${index} dans ${path} est abîmé.`,
  },
})
