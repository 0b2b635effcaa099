import type { RowFault } from './seal.ts'

export const roles = ['viewer', 'operator', 'admin'] as const

/** Each role may do all that the roles before it may. */
export type Role = (typeof roles)[number]

export function roleAllows(held: Role, required: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(required)
}

/** What the text of a credential begins with, so that a person and a scanner see whose it is. */
export const tokenPrefix = { admin: 'iko_adm', api: 'iko_api', runner: 'iko_run', enrolment: 'iko_enr' } as const

/** A named credential for people and programs, kept as SHA-256 only. */
export interface ApiToken {
  id: string
  name: string
  role: Role
  tokenHash: string
  createdBy: string
  createdAt: number
  expiresAt: number
  /** Over all of the token, so that a row that somebody wrote into the database is no credential. */
  seal: string
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}
