import { generateKeyPairSync, hash, type KeyObject, randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { arch, release } from 'node:os'
import { join } from 'node:path'
import { ApiError, type Enrolled, enrolledSchema, requestJson } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { newBoxKey } from '@ikoma/kernel/node'
import { replaceFile } from '../host/durable-file.ts'
import { machineHash } from '../host/machine-identity.ts'
import { identityPaths, journalFile } from './identity.ts'
import { newInstance } from './instance.ts'
import { type Prover, provingFetch } from './proving-fetch.ts'
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
  /** Plain http to another machine was asked for. It is remembered, so that the runner starts the same way. */
  insecure?: boolean
  /** Authorities to believe besides those of the system, in PEM. Remembered too. */
  ca?: string
  /** Of the executor, where there is one: what secrets of orders that need root are encrypted to. */
  executorSealKey?: string
}

/** Makes this machine a runner. The private key is made here and never leaves. */
export async function enrolRunner(enrolment: Enrolment): Promise<Enrolled> {
  const { url, token, stateDir, name, version, force = false, insecure = false, ca, executorSealKey } = enrolment
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
      capabilities: { node: process.version, arch: arch(), kernel: release() },
      ...(name === undefined ? {} : { name }),
    }
    const enrolled = enrolledSchema.parse(await redeem({ url, ca, privateKey }, body))
    await setJournalAside(stateDir)
    await replaceFile(sealKeyPath(stateDir), own.toPem())
    await replaceFile(paths.key, pem)
    const asked = { url, ...(insecure && { insecure }), ...(ca !== undefined && { ca }) }
    const identity = { ...asked, invitation: invitationDigest(token), ...enrolled }
    await replaceFile(paths.identity, `${JSON.stringify(identity, null, 2)}\n`)
    return enrolled
  } finally {
    await rm(pending, { force: true })
  }
}

/** By this an installation knows an invitation that was used for this very identity. */
export function invitationDigest(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** The first answer brings the nonce that the second request is signed with: the token is not spent by the first. */
async function redeem(asked: Omit<Prover, 'runnerId'>, body: object): Promise<unknown> {
  const { url } = asked
  const { fetch, isFormer } = provingFetch(() => ({ ...asked, runnerId: '' }), newInstance(machineHash()))
  const ask = () => requestJson(url, 'POST', '/v1/runner/enrol', { body, fetch })
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ApiError && error.problem.reason === 'proof_needed') return ask()
    if (error instanceof ApiError && error.status === 400 && isFormer()) {
      throw new AppError('unprocessable', `The control plane at ${url} is older than this ikoma. Update it first.`, {
        reason: 'control_plane_too_old',
        cause: error,
      })
    }
    throw error
  }
}

/** What was begun under the identity before is nothing to this one: it must not be told under its name. */
async function setJournalAside(stateDir: string): Promise<void> {
  const path = join(stateDir, journalFile)
  if (await exists(path)) await rename(path, `${path}.former-${randomBytes(4).toString('hex')}`)
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
