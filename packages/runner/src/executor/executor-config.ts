import { lstat, readFile } from 'node:fs/promises'
import { findOrderType, idField, verifyKeySchema } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import { accessOf, accountOf, belongsTo, onlyOwnerWrites } from '@ikoma/machine/safety'
import * as z from 'zod'
import { refuseUnsafePath } from '../host/safe-path.ts'
import type { Policy } from '../order/policy.ts'
import { findSealKey } from '../protocol/seal-key.ts'
import { policyInForce } from './last-good-policy.ts'

export const executorConfigSchema = z.strictObject({
  /** The user that the runner runs as, and the only one that is served. */
  runnerUser: z.string().min(1),
  runnerId: idField,
  controlPlaneKey: verifyKeySchema,
  /** The policy of this server: the same file for runner and executor, so that it is changed in one place. */
  policyFile: z.string().startsWith('/'),
  /** Where it remembers which grants were spent. */
  stateDir: z.string().startsWith('/'),
  /** The private key that secrets are encrypted to, which only root reads. */
  sealKeyFile: z.string().startsWith('/').optional(),
})

export type ExecutorFile = z.infer<typeof executorConfigSchema>
export type ExecutorConfig = Omit<ExecutorFile, 'policyFile' | 'sealKeyFile'> & {
  policy: Policy
  /** What is wrong with its file; the policy is the last good one then. */
  policyProblem: string | null
  sealKeyPem: string | null
}

/** Rejects when anybody but root could have written it, or the policy it names. */
export async function readExecutorConfig(path: string): Promise<ExecutorConfig> {
  await refuseForeign(path)
  const parsed = executorConfigSchema.safeParse(parseJson(path, await readFile(path, 'utf8')))
  if (!parsed.success) throw invalid(path, parsed.error.issues.map((issue) => issue.path.join('.')).join(', '))
  const { policyFile, sealKeyFile, ...config } = parsed.data
  await refuseForeign(policyFile)
  if (sealKeyFile !== undefined) await refuseForeign(sealKeyFile)
  const sealKeyPem = sealKeyFile === undefined ? null : findSealKey(sealKeyFile)
  const { policy, problem } = await policyInForce(policyFile, config.stateDir)
  return { ...config, sealKeyPem, policy: onlyPrivileged(policy), policyProblem: problem }
}

/** What needs no root is the runner's own work: done here, it would be done with more rights than it was meant to have. */
function onlyPrivileged(policy: Policy): Policy {
  return { ...policy, types: policy.types.filter((type) => findOrderType(type)?.privileged) }
}

async function refuseForeign(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => null)
  if (!facts?.isFile()) throw invalid(path, 'there is no such file; run: ikoma runner install')
  const access = accessOf(facts)
  if (!belongsTo(access, accountOf(process.getuid?.() ?? 0))) throw invalid(path, 'it belongs to another user')
  if (!onlyOwnerWrites(access)) throw invalid(path, `others can write to it; run: chmod 644 ${path}`)
  await refuseUnsafePath(path)
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(path, 'it is not JSON')
  }
}

function invalid(path: string, problem: string): AppError {
  return new AppError('invalid', `The executor's configuration ${path} is not valid: ${problem}.`, {
    reason: 'executor_config_invalid',
  })
}
