import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdir, rm, stat } from 'node:fs/promises'
import { arch, release } from 'node:os'
import { type Enrolled, enrolledSchema, enrolProofText, requestJson } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { httpFetch, newBoxKey } from '@ikoma/kernel/node'
import { replaceFile } from '../host/durable-file.ts'
import { identityPaths } from './identity.ts'
import { sealKeyPath } from './seal-key.ts'

export interface Enrolment {
  url: string
  /** Single use, and good for 15 minutes. */
  token: string
  stateDir: string
  version: string
  name?: string
  /** Give up the identity that is there already. */
  force?: boolean
  /** Of the executor, where there is one: what secrets of orders that need root are encrypted to. */
  executorSealKey?: string
}

/** Makes this machine a runner. The private key is made here and never leaves. */
export async function enrolRunner(enrolment: Enrolment): Promise<Enrolled> {
  const { url, token, stateDir, name, version, force = false, executorSealKey } = enrolment
  const paths = identityPaths(stateDir)
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  if (!force && (await exists(paths.identity))) {
    throw new AppError(
      'conflict',
      `${paths.identity} exists: this runner is enrolled already. Use force to replace it.`,
      {
        reason: 'already_enrolled',
      },
    )
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  // The token works once: a directory that cannot be written must fail before it is spent.
  const pending = `${paths.key}.pending`
  await replaceFile(pending, pem)
  try {
    const own = newBoxKey()
    const sealKeys = executorSealKey === undefined ? [own.publicKey] : [executorSealKey, own.publicKey]
    const body = {
      token,
      version,
      publicKey: rawPublicKey(publicKey),
      sealKeys,
      proof: sign(null, Buffer.from(enrolProofText(token, sealKeys)), privateKey).toString('base64url'),
      capabilities: { node: process.version, arch: arch(), kernel: release() },
      ...(name === undefined ? {} : { name }),
    }
    const enrolled = enrolledSchema.parse(
      await requestJson(url, 'POST', '/v1/runner/enrol', { body, fetch: httpFetch }),
    )
    await replaceFile(sealKeyPath(stateDir), own.toPem())
    await replaceFile(paths.key, pem)
    await replaceFile(paths.identity, `${JSON.stringify({ url, ...enrolled }, null, 2)}\n`)
    return enrolled
  } finally {
    await rm(pending, { force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function rawPublicKey(key: KeyObject): string {
  const { x } = key.export({ format: 'jwk' })
  if (x === undefined) throw new AppError('internal', 'The new key has no public part.')
  return x
}
