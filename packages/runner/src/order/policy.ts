import { readFile } from 'node:fs/promises'
import { accountField, packageField, scopesField, typesAllowedBy } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { type ComposeDanger, composeDangers } from '@ikoma/machine/compose'
import type { NamedAccounts } from '@ikoma/machine/safety'
import * as z from 'zod'
import { defaultPackages } from './default-packages.ts'

/** What this server lets its runner do, whatever the control plane says. Only who administers the server writes it. */
export const policySchema = z.strictObject({
  /** What changes the server is among them only when it is written down. */
  scopes: scopesField.default(['runner', 'system.facts', 'check']),
  /** No order may ask for longer. */
  maxTimeoutSec: z.number().int().min(1).max(86_400).default(86_400),
  /**
   * What a compose project may do although it could take the server over with it, by its folder:
   * `{"/srv/portainer": ["docker_socket"]}`.
   */
  compose: z.record(z.string().startsWith('/'), z.array(z.enum(composeDangers))).default({}),
  /** Debian packages that orders may install and remove; `*` is every one. What platform orders install is their own. */
  packages: z.array(z.union([packageField, z.literal('*')])).default(defaultPackages),
  /** Accounts that apps may run as and own folders with although no order made them: one that was there before. */
  appAccounts: z.array(accountField).default([]),
  /** Groups that apps may be in although they are no app's own, such as `www-data`. */
  appGroups: z.array(accountField).default([]),
})

export interface Policy {
  scopes: string[]
  types: string[]
  maxTimeoutSec: number
  compose: Readonly<Record<string, readonly ComposeDanger[]>>
  packages: string[]
  appAccounts: string[]
  appGroups: string[]
}

/** Whom the policy takes for an app's beside the accounts that orders made. */
export function namedBy({ appAccounts, appGroups }: Policy): NamedAccounts {
  return { accounts: appAccounts, groups: appGroups }
}

/** The policy in a file, or the default one when there is none. A file that cannot be understood allows nothing: it throws. */
export async function readPolicyFile(path: string): Promise<Policy> {
  const parsed = policySchema.safeParse(parseJson(path, await readText(path)))
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const field = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.')
      return `${field || 'the file'}: ${issue.message}`
    })
    throw invalid(path, problems.join('; '))
  }
  return policyOf(parsed.data)
}

export function policyOf(written: z.input<typeof policySchema>): Policy {
  const policy = policySchema.parse(written)
  return { ...policy, types: typesAllowedBy(policy.scopes) }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}'
    throw invalid(path, 'it cannot be read')
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(path, 'it is not JSON')
  }
}

function invalid(path: string, problem: string): AppError {
  return new AppError('invalid', `The policy ${path} is not valid: ${problem}. Correct it and start again.`, {
    reason: 'policy_invalid',
  })
}
