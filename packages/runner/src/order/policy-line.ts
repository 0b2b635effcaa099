import type { ComposeDanger } from '@ikoma/machine/compose'
import type { Policy } from './policy.ts'
import type { PolicyKey } from './policy-schema.ts'

/** What to write in the file so that the policy has this value: one line, to be copied as it stands. */
function lineFor({ file }: Policy, key: PolicyKey, value: unknown): string {
  return `To allow it, write in ${file}: "${key}": ${spaced(value)}`
}

/** The line with these names beside those that the policy has. */
export function lineAdding(policy: Policy, key: 'scopes' | 'packages' | 'appAccounts' | 'appGroups', names: string[]) {
  return lineFor(policy, key, [...new Set([...policy[key], ...names])])
}

export function lineForTimeout(policy: Policy, timeoutSec: number): string {
  return lineFor(policy, 'maxTimeoutSec', timeoutSec)
}

export function lineForCompose(policy: Policy, directory: string, dangers: readonly ComposeDanger[]): string {
  const allowed = [...new Set([...(policy.compose[directory] ?? []), ...dangers])]
  return lineFor(policy, 'compose', { ...policy.compose, [directory]: allowed })
}

/** As people write it: on one line, with spaces. */
function spaced(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replaceAll('[ ', '[').replaceAll(' ]', ']')
}
