import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'

/** An Ed25519 pair. `publicKey` is raw, base64url; `keyId` is the start of its SHA-256. */
export interface SigningKey {
  keyId: string
  publicKey: string
  sign(bytes: Uint8Array): string
  toPem(): string
}

export function newSigningKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey)
}

export function signingKeyFromPem(pem: string): SigningKey {
  return signingKey(createPrivateKey(pem))
}

/** False for a wrong signature, and for a key or signature that is not one. */
export function verifySignature(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  try {
    return verify(null, bytes, ed25519Key(publicKey), Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

/** Reading a key costs as much as checking a signature: of so many, the last ones are kept. */
const maxKeys = 5_000
const keys = new Map<string, KeyObject>()

function ed25519Key(publicKey: string): KeyObject {
  const known = keys.get(publicKey)
  if (known) return known
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  if (keys.size >= maxKeys) keys.delete(keys.keys().next().value ?? '')
  keys.set(publicKey, key)
  return key
}

/** The same beside the main thread, for whoever checks one with each request. */
export async function verifiesSignature(publicKey: string, bytes: Uint8Array, signature: string): Promise<boolean> {
  try {
    const key = ed25519Key(publicKey)
    const given = Buffer.from(signature, 'base64url')
    return await new Promise((resolve) => verify(null, bytes, key, given, (error, good) => resolve(!error && good)))
  } catch {
    return false
  }
}

function signingKey(key: KeyObject): SigningKey {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = String(x)
  return {
    keyId: createHash('sha256').update(publicKey).digest('base64url').slice(0, 12),
    publicKey,
    sign: (bytes) => sign(null, bytes, key).toString('base64url'),
    toPem: () => key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
