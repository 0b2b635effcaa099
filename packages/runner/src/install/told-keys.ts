import { readFile } from 'node:fs/promises'
import { boxKeyFromPem } from '@ikoma/kernel/node'
import { executorConfigSchema } from '../executor/executor-config.ts'
import { findSealKey, sealKeyPath } from '../protocol/seal-key.ts'
import * as places from './places.ts'

/** What secrets for this server are encrypted to, and whose they are. */
export interface ToldKeys {
  runnerId: string
  sealKey: string
  /** Null until the runner has started once. */
  runnerSealKey: string | null
}

/**
 * The public keys of an installation, for an admin to tell the control plane. A server that was enrolled before there were
 * any does not tell them by itself: a runner that was taken over would name a key of its own in place of the executor's.
 */
export async function toldKeys(): Promise<ToldKeys> {
  const { runnerId } = executorConfigSchema.parse(JSON.parse(await readFile(places.executorConfig, 'utf8')))
  const executor = findSealKey(places.executorSealKey)
  if (executor === null) throw new Error(`${places.executorSealKey} is missing`)
  const own = findSealKey(sealKeyPath(places.stateDir))
  return {
    runnerId,
    sealKey: boxKeyFromPem(executor).publicKey,
    runnerSealKey: own === null ? null : boxKeyFromPem(own).publicKey,
  }
}
