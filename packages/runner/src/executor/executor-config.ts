import { lstat, readFile } from 'node:fs/promises'
import { idField, verifyKeySchema } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import * as z from 'zod'
import { type Policy, policyOf, policySchema } from '../policy.ts'

const configSchema = z.strictObject({
  /** The user that the runner runs as, and the only one that is served. */
  runnerUid: z.number().int().min(0),
  runnerId: idField,
  controlPlaneKey: verifyKeySchema,
  policy: policySchema,
  /** Where it remembers which grants were spent. */
  stateDir: z.string().startsWith('/'),
})

export type ExecutorConfig = Omit<z.infer<typeof configSchema>, 'policy'> & { policy: Policy }

/** Rejects a file that anybody but its owner, root, could have written. */
export async function readExecutorConfig(path: string): Promise<ExecutorConfig> {
  const facts = await lstat(path).catch(() => null)
  if (!facts?.isFile()) throw invalid(path, 'there is no such file; run: ikoma runner install')
  if (facts.uid !== 0 && facts.uid !== process.getuid?.()) throw invalid(path, 'it belongs to another user')
  if (facts.mode & 0o022) throw invalid(path, `others can write to it; run: chmod 644 ${path}`)
  const parsed = configSchema.safeParse(parseJson(path, await readFile(path, 'utf8')))
  if (!parsed.success) throw invalid(path, parsed.error.issues.map((issue) => issue.path.join('.')).join(', '))
  return { ...parsed.data, policy: policyOf(parsed.data.policy) }
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
