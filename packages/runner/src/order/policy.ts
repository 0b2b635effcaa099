import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { typesAllowedBy } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { ComposeDanger } from '@ikoma/machine/compose'
import type { NamedAccounts } from '@ikoma/machine/safety'
import type * as z from 'zod'
import { lineAdding } from './policy-line.ts'
import { policySchema } from './policy-schema.ts'
import { examinePolicy, problemLine } from './policy-text.ts'

export interface Policy {
  scopes: string[]
  types: string[]
  maxTimeoutSec: number
  compose: Readonly<Record<string, readonly ComposeDanger[]>>
  packages: string[]
  appAccounts: string[]
  appGroups: string[]
  /** Where it is, or would be written: what a refusal names. */
  file: string
}

/** Where an installed runner has it. */
export const installedPolicyFile = '/etc/ikoma/policy.json'

const maxTold = 20
/** Of a policy with every key, some hundred times. */
const longest = 1_000_000

/** Whom the policy takes for an app's beside the accounts that orders made. */
export function namedBy(policy: Policy): NamedAccounts {
  const { appAccounts, appGroups } = policy
  return { accounts: appAccounts, groups: appGroups, lineFor: (key, name) => lineAdding(policy, key, [name]) }
}

/** The policy in a file, or the default one when there is none. A file that cannot be understood allows nothing: it throws. */
export async function readPolicyFile(path: string): Promise<Policy> {
  return policyFrom((await readPolicyText(path)) ?? '{}', path)
}

/** Null when there is no such file. */
export async function readPolicyText(path: string): Promise<string | null> {
  try {
    return await readBounded(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw invalid(path, 'it cannot be read')
  }
}

/** It is read every few seconds: a pipe would be waited for, and a device has no end. */
async function readBounded(path: string): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const facts = await file.stat()
  if (!facts.isFile() || facts.size > longest) throw new Error('it is no file, or too large')
  return await file.readFile('utf8')
}

/** The policy that a text says; throws with all that is wrong in it. */
export function policyFrom(text: string, path: string): Policy {
  const { written, problems } = examinePolicy(text)
  if (written === null) throw invalid(path, problems.slice(0, maxTold).map(problemLine).join('; '))
  return policyOf(written, path)
}

export function policyOf(written: z.input<typeof policySchema>, file = installedPolicyFile): Policy {
  const policy = policySchema.parse(written)
  return { ...policy, types: typesAllowedBy(policy.scopes), file }
}

function invalid(path: string, problem: string): AppError {
  const message = `The policy ${path} is not valid: ${problem}. Correct it; see: ikoma policy check ${path}`
  return new AppError('invalid', message, { reason: 'policy_invalid' })
}
