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
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    return verify(null, bytes, key, Buffer.from(signature, 'base64url'))
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
