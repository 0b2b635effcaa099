import { scopesField, typesAllowedBy } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { Desired } from '@ikoma/machine'
import { file } from '@ikoma/machine/system'
import { readPolicyFile } from '../order/policy.ts'
import { policySchema } from '../order/policy-schema.ts'
import * as places from './places.ts'

/** What every server's policy allows at first: looking, never changing. */
const looking = policySchema.parse({}).scopes

/**
 * The policy of this server. With `allow` it allows exactly those scopes beside looking; without, a policy that is there
 * stays as its administrator wrote it, and a new one allows nothing that needs root.
 */
export function allowance(allow: readonly string[] | undefined): Desired {
  return async (host) => {
    refuseNoScopes(allow ?? [])
    const written = await host.read(places.policyFile)
    const before = written === null ? {} : parsePolicy(written)
    const policy = { ...before, scopes: [...new Set([...looking, ...(allow ?? [])])] }
    const content = written !== null && allow === undefined ? written : `${JSON.stringify(policy, null, 2)}\n`
    return file({ path: places.policyFile, content, ...places.byRoot })(host)
  }
}

/**
 * What the policy allows now and would not with exactly these scopes beside looking: its scopes, and the order types. None
 * where the file cannot be understood, which installing refuses.
 */
export async function rightsLost(allow: readonly string[], path = places.policyFile) {
  const before = await readPolicyFile(path).catch(() => null)
  const after = typesAllowedBy([...looking, ...allow])
  const types = (before?.types ?? []).filter((type) => !after.includes(type))
  const scopes = (before?.scopes ?? []).filter((scope) => typesAllowedBy([scope]).some((type) => types.includes(type)))
  return { scopes, types }
}

function refuseNoScopes(allow: readonly string[]): void {
  const parsed = scopesField.safeParse(allow)
  if (parsed.success) return
  const why = parsed.error.issues[0]?.message
  throw new AppError('invalid', `--allow: write scopes such as system or db.sqlite: ${why}.`, {
    reason: 'scope_invalid',
  })
}

/** As it is written: what is left out of it stays with its default, which a later version may know better. */
function parsePolicy(text: string): object {
  try {
    const policy = JSON.parse(text)
    policySchema.parse(policy)
    return policy
  } catch (cause) {
    const message = `The policy ${places.policyFile} is not valid. Correct it, or remove it to get the default one.`
    throw new AppError('invalid', message, { reason: 'policy_invalid', cause })
  }
}
