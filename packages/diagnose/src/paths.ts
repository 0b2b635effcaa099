import type { Entry } from '@ikoma/machine'
import type { Evidence } from './evidence.ts'

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

const plain = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/
const account = /^[a-z_][a-z0-9_-]{0,31}$/

/** The folders below these belong to packages, to IKOMA or to another app, unless they bear the name of this one. */
const shared = /^\/(?:opt|var\/(?:lib|log|cache))\/([^/]+)(\/|$)/
const ours = /^ikoma/

/**
 * The folder, where it may be given to the app's account: one that is the app's by its place, and nobody else's by its
 * owner. What a log names is hostile input, and the system's and IKOMA's own folders are never given away.
 */
export function folderToGive(evidence: Evidence, path: string): string | null {
  const { unit, files } = evidence
  if (!unit || unit.dynamicUser || !isAppAccount(unit.user) || !isOfApp(evidence, path)) return null
  const entry = files[path]
  if (entry && entry.kind !== 'directory') return null
  return isNobodyElses(unit.user, entry) && isNobodyElses(unit.user, files[parentOf(path)]) ? path : null
}

/** Whether a path lies where this app has its own. */
export function isOfApp({ subject, unit }: Evidence, path: string): boolean {
  if (!plain.test(path)) return false
  const names = [unit?.user, subject.unit?.replace(/\.[a-z]+$/, ''), subject.pm2Name, subject.pm2User]
  const isNamed = (name: string) => !ours.test(name) && names.some((each) => each && each !== 'root' && each === name)
  if (/^\/(srv|var\/www)\/[^/]/.test(path)) return !ours.test(path.split('/')[2] ?? '')
  const home = /^\/home\/([^/]+)(\/|$)/.exec(path)?.[1]
  if (home !== undefined) return isNamed(home)
  const folder = shared.exec(path)?.[1]
  if (folder === undefined || ours.test(folder)) return false
  return isNamed(folder)
}

export function isAppAccount(user: string): boolean {
  return account.test(user) && user !== 'root' && !ours.test(user)
}

function isNobodyElses(user: string, entry: Entry | null | undefined): boolean {
  return !entry || entry.owner === 'root' || entry.owner === user
}
