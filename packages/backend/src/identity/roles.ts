export interface Roles {
  /** From the least to the most. */
  names: readonly string[]
  highest: string
  is(role: string): boolean
  /** Whether `role` is `least` or above it; false for a role that is not one. */
  isAtLeast(role: string, least: string): boolean
  /** How far it is from one role to another: 1 is one step up. Whether that is allowed is the app's rule. */
  stepsBetween(from: string, to: string): number
}

export function createRoles(names: readonly string[]): Roles {
  const highest = names.at(-1)
  if (highest === undefined || new Set(names).size < names.length)
    throw new Error('identity: roles are a list of different names, from the least to the most')
  const placeOf = (role: string) => {
    const place = names.indexOf(role)
    if (place < 0) throw new Error(`identity: there is no role "${role}"`)
    return place
  }
  return {
    names,
    highest,
    is: (role) => names.includes(role),
    isAtLeast: (role, least) => names.includes(role) && placeOf(role) >= placeOf(least),
    stepsBetween: (from, to) => placeOf(to) - placeOf(from),
  }
}

interface Actor {
  id: string
  role: string
}

/** Whether somebody is of one of the roles, or is the owner. Nobody is neither, and what has no owner belongs to nobody. */
export function mayAct(
  principal: Actor | null,
  { roles = [], ownerId = null }: { roles?: readonly string[]; ownerId?: string | null | undefined },
): boolean {
  if (principal === null) return false
  return roles.includes(principal.role) || (ownerId !== null && ownerId !== '' && ownerId === principal.id)
}
