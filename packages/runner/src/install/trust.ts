import { enrolledSchema } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { type Change, type Desired, type Host, mustRun } from '@ikoma/machine'
import { directory, file } from '@ikoma/machine/system'
import * as z from 'zod'
import { type ExecutorFile, executorConfigSchema } from '../executor/executor-config.ts'
import { identityPaths } from '../protocol/identity.ts'
import * as places from './places.ts'

type Trusted = Pick<ExecutorFile, 'runnerId' | 'controlPlaneKey'>

export interface Enrolling {
  url: string
  /** Digest of the invitation: another one than that of the identity which is there was made to enrol again. */
  invitation?: string
  /** Enrols into the state directory; the token is spent by it. */
  enrol(): Promise<unknown>
}

/** The identity that is there belongs to another machine, of which this one is a copy: it is given up, once. */
export interface Renewal {
  wanted: boolean
  done: boolean
}

/** Where the control plane is by now, and by which authority it is known there: what is left out stays. */
export interface Moving {
  url?: string
  insecure: boolean
  ca?: string
}

const paths = identityPaths(places.stateDir)
const byRunner = { owner: places.user, group: places.user, mode: 0o700 }

/** An identity in the state directory, all of which is the runner's own. `enrolling` is null when no invitation was given. */
export function identity(enrolling: Enrolling | null, renewal: Renewal, moving: Moving | null = null): Desired {
  return async (host) => {
    const folder = await directory({ path: places.stateDir, ...byRunner })(host)
    const stored = await findStored(host)
    if (!renewal.done && (renewal.wanted || isOtherInvitation(enrolling, stored))) {
      return [...folder, renewed(enrolling, renewal)]
    }
    if (stored && moving && isMove(moving, stored)) return [...folder, moved(moving)]
    if ((await findTrusted(host)) === null) {
      if (enrolling === null) throw notEnrolled()
      // It would be refused afterwards, and the invitation spent.
      const pinned = await findPinned(host)
      if (pinned) throw identityGone(pinned)
      const apply = (on: Host) => asRoot(on, enrolling.enrol)
      return [...folder, { title: `enrol this server with ${enrolling.url}`, diff: null, apply, undo: null }]
    }
    const entries = await Promise.all([host.look(paths.identity), host.look(paths.key)])
    if (entries.every((entry) => entry?.owner === places.user && entry.mode === 0o600)) return folder
    const apply = (on: Host) => asRoot(on, async () => undefined)
    return [...folder, { title: `give all in ${places.stateDir} to ${places.user}`, diff: null, apply, undo: null }]
  }
}

/** One that is spent says so itself; of those who enrolled by a former version the address is all that is known. */
function isOtherInvitation(enrolling: Enrolling | null, stored: Stored | null): boolean {
  if (enrolling === null || stored === null) return false
  if (stored.invitation === undefined) return stored.url !== undefined && enrolling.url !== stored.url
  return enrolling.invitation !== undefined && enrolling.invitation !== stored.invitation
}

function isMove({ url, ca }: Moving, stored: Stored): boolean {
  return (url !== undefined && url !== stored.url) || (ca !== undefined && ca !== stored.ca)
}

/** The same control plane at another address: the identity stays, and its key is what grants are believed by. */
function moved({ url, insecure, ca }: Moving): Change {
  const apply = async (on: Host) => {
    await on.run({ argv: ['systemctl', 'stop', places.runnerUnit] })
    await asRoot(on, async () => {
      const { insecure: former, ...stored } = parseJson((await on.read(paths.identity)) ?? '') as {
        insecure?: boolean
      }
      const plain = url === undefined ? former === true : insecure
      const asked = {
        ...(url !== undefined && { url }),
        ...(plain && { insecure: true }),
        ...(ca !== undefined && { ca }),
      }
      const text = `${JSON.stringify({ ...stored, ...asked }, null, 2)}\n`
      await on.write(paths.identity, { content: text, owner: places.user, group: places.user, mode: 0o600 })
    })
  }
  const title = url === undefined ? 'believe another authority of the control plane' : `ask the control plane at ${url}`
  return { title, diff: null, apply, undo: null }
}

/** The runner is stopped before: it would go on under the name of the other. A later stage starts it again. */
function renewed(enrolling: Enrolling | null, renewal: Renewal): Change {
  if (enrolling === null) throw notEnrolled()
  const apply = async (on: Host) => {
    await on.run({ argv: ['systemctl', 'stop', places.runnerUnit] })
    await asRoot(on, enrolling.enrol)
    renewal.done = true
  }
  return { title: `enrol this server anew with ${enrolling.url}`, diff: null, apply, undo: null }
}

/**
 * Works in the state directory as root, while nobody else can get in: whoever is the runner could otherwise put a link
 * where root is about to write.
 */
async function asRoot(host: Host, work: () => Promise<unknown>): Promise<void> {
  await host.makeDirectory(places.stateDir, { owner: 'root', group: 'root', mode: 0o700 })
  await work()
  for (const path of [paths.identity, paths.key]) {
    if ((await host.look(path))?.kind !== 'file') throw notAFile(path)
    // It follows links, so it comes while all is root's.
    await mustRun(host, { argv: ['chmod', '600', '--', path] })
  }
  const owner = `${places.user}:${places.user}`
  await mustRun(host, { argv: ['chown', '--recursive', '--no-dereference', '--', owner, places.stateDir] })
  await host.makeDirectory(places.stateDir, byRunner)
}

/**
 * Whom the executor believes. It is taken from the runner's identity once; afterwards a runner that says it is somebody
 * else, or has another control plane, is not believed: that is what a compromised one would say.
 */
export const trust =
  (renewal: Renewal): Desired =>
  async (host) => {
    const pinned = renewal.done ? null : await findPinned(host)
    const told = await findTrusted(host)
    if (pinned && told && !same(pinned, told)) throw identityChanged(pinned, told)
    const known = pinned ?? told
    if (known === null) throw notEnrolled()
    return file({ path: places.executorConfig, content: contentFor(known), ...places.byRoot })(host)
  }

/** Before the enrolment nobody knows it. */
export async function isTrustKnown(host: Host): Promise<boolean> {
  return ((await findPinned(host)) ?? (await findTrusted(host))) !== null
}

function contentFor({ runnerId, controlPlaneKey }: Trusted): string {
  const content: ExecutorFile = {
    runnerUser: places.user,
    runnerId,
    controlPlaneKey,
    policyFile: places.policyFile,
    stateDir: places.executorStateDir,
    sealKeyFile: places.executorSealKey,
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

async function findPinned(host: Host): Promise<Trusted | null> {
  const text = await host.read(places.executorConfig)
  return text === null ? null : (executorConfigSchema.safeParse(parseJson(text)).data ?? null)
}

type Stored = z.infer<typeof storedSchema>

async function findStored(host: Host): Promise<Stored | null> {
  if ((await findTrusted(host)) === null) return null
  return storedSchema.safeParse(parseJson((await host.read(paths.identity)) ?? '')).data ?? {}
}

const storedSchema = z.object({
  url: z.string().optional(),
  ca: z.string().optional(),
  invitation: z.string().optional(),
})

async function findTrusted(host: Host): Promise<Trusted | null> {
  const entry = await host.look(paths.identity)
  const text = entry?.kind === 'file' ? await host.read(paths.identity) : null
  return text === null ? null : (enrolledSchema.safeParse(parseJson(text)).data ?? null)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function same(one: Trusted, other: Trusted): boolean {
  const { keyId, publicKey } = other.controlPlaneKey
  const { controlPlaneKey } = one
  return one.runnerId === other.runnerId && controlPlaneKey.keyId === keyId && controlPlaneKey.publicKey === publicKey
}

function notAFile(path: string): AppError {
  return new AppError('unprocessable', `${path} is no regular file. Move it away and enrol this server again.`, {
    reason: 'unexpected_file',
  })
}

function notEnrolled(): AppError {
  return new AppError('unprocessable', 'This server is not enrolled, and no invitation was given.', {
    reason: 'not_enrolled',
  })
}

function identityGone({ runnerId }: Trusted): AppError {
  const message = `The executor was installed for runner ${runnerId}, whose identity is gone from ${places.stateDir}.`
  const way = `To enrol this server again, remove ${places.executorConfig} first.`
  return new AppError('conflict', `${message} ${way}`, { reason: 'identity_changed' })
}

function identityChanged(pinned: Trusted, told: Trusted): AppError {
  const whom = ({ runnerId, controlPlaneKey }: Trusted) => `runner ${runnerId} with the key ${controlPlaneKey.keyId}`
  const message = `The executor was installed for ${whom(pinned)}, and ${paths.identity} now says ${whom(told)}.`
  const way = `If somebody enrolled this server again on purpose, remove ${places.executorConfig} and install again.`
  return new AppError('conflict', `${message} ${way}`, { reason: 'identity_changed' })
}
