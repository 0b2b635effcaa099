import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { replaceFile } from '../host/durable-file.ts'
import { type Policy, policyFrom, readPolicyText } from '../order/policy.ts'
import { messageOf } from '../protocol/trouble.ts'

const keptSchema = z.object({ boot: z.string().min(1), file: z.string(), text: z.string() })
const bootIdFile = '/proc/sys/kernel/random/boot_id'

export interface PolicyInForce {
  policy: Policy
  /** What is wrong with the file; then the policy is the last good one. */
  problem: string | null
}

/**
 * The executor's policy. It is a process for one order and remembers nothing, so what it last understood is kept in its own
 * folder, which is root's: until the next boot, where a file that cannot be understood allows nothing, as at any start.
 */
export async function policyInForce(file: string, stateDir: string, bootIdAt = bootIdFile): Promise<PolicyInForce> {
  const kept = join(stateDir, 'policy.last-good.json')
  const boot = (await readFile(bootIdAt, 'utf8').catch(() => '')).trim()
  const before = await findKept(kept)
  try {
    const text = (await readPolicyText(file)) ?? '{}'
    const policy = policyFrom(text, file)
    const isKept = before?.boot === boot && before.file === file && before.text === text
    // Without it the next order is as it was before there was one: a broken policy refuses it.
    if (!isKept && boot !== '') await replaceFile(kept, JSON.stringify({ boot, file, text })).catch(() => undefined)
    return { policy, problem: null }
  } catch (error) {
    if (before === null || before.boot !== boot || before.file !== file) throw error
    return { policy: policyFrom(before.text, file), problem: messageOf(error) }
  }
}

async function findKept(path: string): Promise<z.infer<typeof keptSchema> | null> {
  try {
    return keptSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}
