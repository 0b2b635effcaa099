import {
  type CatalogueEntry,
  type Grant,
  openedPayload,
  type SealedSecrets,
  secretsBoundTo,
  secretsInfo,
} from '@ikoma/api'
import { openBox } from '@ikoma/kernel/node'
import { secretsIn } from '../output/secret-forms.ts'
import type { Refusal } from './refusal.ts'

/** A payload as its action gets it, with the values in it that nobody else may see. */
export interface OpenedSecrets {
  payload: unknown
  values: string[]
}

/**
 * Puts the values that a grant brings in place of the references of its payload, and has the type's own schema judge the
 * whole. What is refused is named by its field. `keyPem` is this process's own, null where it has none.
 */
export async function openSecrets(
  grant: Grant,
  type: CatalogueEntry,
  keyPem: string | null,
): Promise<OpenedSecrets | { refusal: Refusal }> {
  const values = await valuesOf(grant, keyPem)
  if (values === null) return refuse('secrets_unopened', unopened)
  const opened = openedPayload(type, grant.payload, values)
  const hidden = [...values.values()]
  // The password within a URL is one by itself.
  if (opened.ok) return { payload: opened.payload, values: [...hidden, ...secretsIn(hidden)] }
  const problems = opened.issues.map(({ path, message }) => `${path.join('.') || 'payload'}: ${message}`)
  return refuse('invalid_payload', `The payload is not valid: ${problems.join('; ')}`)
}

/** Null when they are not for this process, or not for this order. */
async function valuesOf(grant: Grant, keyPem: string | null): Promise<Map<string, string> | null> {
  if (!grant.secrets) return new Map()
  if (keyPem === null) return null
  try {
    return new Map(Object.entries(await openAll(grant, grant.secrets, keyPem)))
  } catch {
    return null
  }
}

async function openAll(grant: Grant, sealed: SealedSecrets, keyPem: string): Promise<Record<string, string>> {
  const plain = await openBox(keyPem, sealed, { info: secretsInfo, aad: secretsBoundTo(grant) })
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain))
}

const unopened =
  'The secrets of this order are encrypted to another key than the one here. On the server: sudo ikoma runner install, which says how this one is accepted.'

function refuse(code: Refusal['code'], message: string): { refusal: Refusal } {
  return { refusal: { code, message } }
}

/** What a payload says itself: without the names of secrets, which are none, and with text that says it is plain as text. */
export function plainPartOf(payload: unknown): unknown {
  return JSON.parse(JSON.stringify(payload), (_, value) => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return value
    if (typeof value.secret === 'string') return null
    return typeof value.plain === 'string' ? value.plain : value
  })
}
