import { join } from 'node:path'
import { boxKeyFromPem, newBoxKey, readSecretFile } from '@ikoma/kernel/node'
import { replaceFile } from '../host/durable-file.ts'

/** What secrets of the orders that the runner does itself are encrypted to. */
export function sealKeyPath(stateDir: string): string {
  return join(stateDir, 'seal-key.pem')
}

/** The private key at a path, which its owner alone may read; null where there is none. */
export function findSealKey(path: string): string | null {
  try {
    return readSecretFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The public key of the private key at a path, made there when there is none. */
export async function publicSealKey(path: string): Promise<string> {
  const found = findSealKey(path)
  if (found !== null) return boxKeyFromPem(found).publicKey
  const key = newBoxKey()
  await replaceFile(path, key.toPem())
  return key.publicKey
}
