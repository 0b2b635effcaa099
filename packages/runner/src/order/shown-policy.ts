import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { catalogue, typesAllowedBy } from '@ikoma/api'
import { executorConfigSchema } from '../executor/executor-config.ts'
import { executorConfig, policyFile, runnerUnit, settingsDir } from '../install/places.ts'
import { readPolicyText } from './policy.ts'
import { policyKeys } from './policy-schema.ts'
import { type ExaminedPolicy, examinePolicy } from './policy-text.ts'

type Examining = Parameters<typeof examinePolicy>[1]

/** Whose policy a file is. */
export type PolicyReader = 'runner' | 'executor'

export interface ShownPolicy extends Pick<ExaminedPolicy, 'problems' | 'warnings'> {
  file: string
  readers: PolicyReader[]
  /** `missing`: the default policy is in force. `unreadable`: this account may not read it. */
  state: 'written' | 'missing' | 'unreadable' | 'broken'
  /** Each key with what it says; null when the file says nothing that can be understood. */
  values: { key: string; value: unknown; from: 'file' | 'default' }[] | null
  orderTypes: string[] | null
}

/** A policy's file as it stands. Never rejects. */
export async function showPolicy(
  file: string,
  readers: PolicyReader[],
  localeError?: NonNullable<Examining>['localeError'],
): Promise<ShownPolicy> {
  const text = await readPolicyText(file).catch(() => undefined)
  const nothing = { values: null, orderTypes: null, problems: [], warnings: [] }
  if (text === undefined) return { file, readers, state: 'unreadable', ...nothing }
  const found = examinePolicy(text ?? '{}', { knownScopes: knownScopes(), ...(localeError && { localeError }) })
  const { written, problems, warnings, keys } = found
  if (written === null) return { file, readers, state: 'broken', ...nothing, problems, warnings }
  return {
    ...{ file, readers, state: text === null ? 'missing' : 'written', problems, warnings },
    values: policyKeys.map((key) => ({ key, value: written[key], from: keys.includes(key) ? 'file' : 'default' })),
    orderTypes: typesAllowedBy(written.scopes),
  }
}

/** Where the policies of this machine are: of an installed runner and its executor, which have one and the same unless somebody parted them. */
export async function policyFilesHere(
  otherwise: string,
  chosen?: string,
): Promise<{ file: string; readers: PolicyReader[] }[]> {
  const executors = await executorsFile()
  const isInstalled = executors !== null || (await readFile(join('/etc/systemd/system', runnerUnit)).catch(() => null))
  const runners = chosen ?? (isInstalled ? ((await fromEnvironmentFile()) ?? policyFile) : otherwise)
  if (executors === runners) return [{ file: runners, readers: ['runner', 'executor'] }]
  const own = { file: runners, readers: ['runner' as const] }
  return executors === null ? [own] : [own, { file: executors, readers: ['executor'] }]
}

async function executorsFile(): Promise<string | null> {
  try {
    return executorConfigSchema.parse(JSON.parse(await readFile(executorConfig, 'utf8'))).policyFile
  } catch {
    return null
  }
}

/** What its administrator may have written there; systemd puts it before what the unit says. */
async function fromEnvironmentFile(): Promise<string | null> {
  const text = await readFile(join(settingsDir, 'runner.env'), 'utf8').catch(() => '')
  return /^IKOMA_POLICY_FILE="?([^"\n]+)"?\s*$/m.exec(text)?.[1] ?? null
}

/** What order types need, and what stands above that; those that need none may be named all the same. */
function knownScopes(): string[] {
  const needed = Object.values(catalogue).flatMap(({ requiredScope, type }) => requiredScope ?? type)
  const parts = needed.map((scope) => scope.split('.'))
  return [...new Set(parts.flatMap((names) => names.map((_, index) => names.slice(0, index + 1).join('.'))))]
}
