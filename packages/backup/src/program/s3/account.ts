import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Problem } from '../problem.ts'

export interface S3Account {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string | undefined
  /** The key that manifests are sealed with: whoever can write to the bucket does not know it by that. */
  seal: string
}

const maxFileBytes = 16 * 1024
const minSealLength = 32

/** The account of a file as the tools of AWS have it, of one account alone. No message quotes it. */
export async function readAccount(path: string): Promise<S3Account> {
  const lines = (await readSmall(path)).split('\n').map((line) => /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/.exec(line))
  const lineOf = (name: string) => {
    const found = lines.flatMap((line) => (line?.[1] === name ? [line[2] ?? ''] : []))
    if (found.length > 1) throw refused(`${path} has more than one line "${name} = …": it is of one account.`)
    return found[0]
  }
  const need = (name: string) => lineOf(name) ?? missing(path, name)
  const seal = need('ikoma_seal')
  if (seal.length < minSealLength) throw refused(`ikoma_seal in ${path} is short. Make one: openssl rand -hex 32`)
  return {
    accessKeyId: need('aws_access_key_id'),
    secretAccessKey: need('aws_secret_access_key'),
    sessionToken: lineOf('aws_session_token'),
    seal,
  }
}

async function readSmall(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => {
    throw refused(`${path} cannot be read.`)
  })
  try {
    const facts = await file.stat()
    if (!facts.isFile() || facts.size > maxFileBytes) throw refused(`${path} is no small file.`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function missing(path: string, name: string): never {
  throw refused(`${path} has no line "${name} = …".`)
}

function refused(message: string): Problem {
  return new Problem('auth_file_refused', message)
}
