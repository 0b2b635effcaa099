export const roles = ['viewer', 'operator', 'admin'] as const

/** Each role may do all that the roles before it may. */
export type Role = (typeof roles)[number]

export function roleAllows(held: Role, required: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(required)
}

/** A named credential for people and programs, kept as SHA-256 only. */
export interface ApiToken {
  id: string
  name: string
  role: Role
  tokenHash: string
  createdBy: string
  createdAt: number
  expiresAt: number
  /** Over all of it, so that a row that somebody wrote into the database is no credential. */
  seal: string
}
