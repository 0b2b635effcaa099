import { existsSync } from 'node:fs'
import { AppError } from '@ikoma/kernel'

/** Without a file the runner has its default policy; one that was named and is not there was meant to say otherwise. */
export function refuseMissingPolicy(policyFile: string | null): void {
  if (policyFile === null || existsSync(policyFile)) return
  throw new AppError('invalid', `IKOMA_POLICY_FILE: there is no ${policyFile}. Write it, or leave the variable out.`, {
    reason: 'policy_missing',
    fields: [{ field: 'IKOMA_POLICY_FILE', message: 'is not there' }],
  })
}
