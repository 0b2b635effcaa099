import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { readSecretFile } from '../safety/index.ts'
import { ownAccount } from '../system/index.ts'

export interface RedisPlace {
  host: string
  port: number
  socket?: string | undefined
  authFile?: string | undefined
}

const answerSec = 10

/** What Redis tells of itself, by field. The password goes through the environment: an argument is everybody's to read. */
export async function readRedisInfo(machine: Host, place: RedisPlace): Promise<ReadonlyMap<string, string>> {
  const { host, port, socket, authFile } = place
  const address = socket === undefined ? (['-h', host, '-p', String(port)] as const) : (['-s', socket] as const)
  const env = authFile === undefined ? {} : { REDISCLI_AUTH: await readPassword(machine, authFile) }
  const argv = ['redis-cli', ...address, 'INFO'] as const
  const { stdout, stderr } = await machine.run({ argv, env, timeoutSec: answerSec })
  const fields = new Map<string, string>()
  for (const line of stdout.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  // The exit code of redis-cli says nothing: a refusal is an answer too.
  if (fields.has('redis_version')) return fields
  const said = `${stdout}\n${stderr}`.trim().split('\n')[0]?.slice(0, 300) ?? ''
  throw new AppError('unprocessable', `Redis did not tell its state: ${said}`, { reason: 'redis_refused' })
}

async function readPassword(machine: Host, path: string): Promise<string> {
  const { owner } = await ownAccount()
  const text = await readSecretFile(machine, path, owner).catch((error: { code?: string }) => {
    if (error.code === 'EACCES') return null
    throw error
  })
  const password = text?.split('\n')[0] ?? ''
  if (password === '') throw refused(`${path} cannot be read, or holds no password on its first line.`)
  return password
}

function refused(message: string): AppError {
  return new AppError('unprocessable', message, { reason: 'auth_file_refused' })
}
