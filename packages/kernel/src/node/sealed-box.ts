import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** What was encrypted to one key, base64url. */
export interface SealedBox {
  /** Of the key that opens it: see `boxKeyId`. */
  keyId: string
  enc: string
  ciphertext: string
}

/** Whom it is for and what it belongs to: it opens only for exactly this. */
export interface BoxLabel {
  /** What kind of message it is, so that one cannot stand for another. */
  info: string
  aad: string
}

/** An X25519 pair. `publicKey` is raw, base64url. */
export interface BoxKey {
  publicKey: string
  toPem(): string
}

export function newBoxKey(): BoxKey {
  return boxKey(generateKeyPairSync('x25519').privateKey)
}

/** Throws when the text holds no X25519 private key; what is wrong inside is not said. */
export function boxKeyFromPem(pem: string): BoxKey {
  return boxKey(privateKey(pem))
}

/** The start of a public key's SHA-256. */
export function boxKeyId(publicKey: string): string {
  return createHash('sha256').update(publicKey).digest('base64url').slice(0, 12)
}

/** Encrypts to whoever holds the private key (RFC 9180, base mode). Rejects when `publicKey` is none. */
export async function sealTo(publicKey: string, plaintext: Uint8Array, { info, aad }: BoxLabel): Promise<SealedBox> {
  const suite = await openSuite()
  const key = await suite.DeserializePublicKey(bytesOf(publicKey))
  const sealed = await suite.Seal(key, plaintext, { info: utf8(info), aad: utf8(aad) })
  return {
    keyId: boxKeyId(publicKey),
    enc: Buffer.from(sealed.encapsulatedSecret).toString('base64url'),
    ciphertext: Buffer.from(sealed.ciphertext).toString('base64url'),
  }
}

/** Rejects when it was not sealed to this key, for exactly this label. */
export async function openBox(pem: string, box: SealedBox, { info, aad }: BoxLabel): Promise<Uint8Array> {
  const suite = await openSuite()
  const { d, x } = privateKey(pem).export({ format: 'jwk' })
  // As a pair: to find the public half of a private key, Node's own crypto calls experimental.
  const pair = {
    privateKey: await suite.DeserializePrivateKey(bytesOf(String(d)), false),
    publicKey: await suite.DeserializePublicKey(bytesOf(String(x))),
  }
  return suite.Open(pair, bytesOf(box.enc), bytesOf(box.ciphertext), { info: utf8(info), aad: utf8(aad) })
}

/** Read late: a process that handles no secret does without it. */
async function openSuite() {
  const hpke = await import('hpke')
  return new hpke.CipherSuite(hpke.KEM_DHKEM_X25519_HKDF_SHA256, hpke.KDF_HKDF_SHA256, hpke.AEAD_AES_256_GCM)
}

function boxKey(key: KeyObject): BoxKey {
  return {
    publicKey: String(createPublicKey(key).export({ format: 'jwk' }).x),
    toPem: () => key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function privateKey(pem: string): KeyObject {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'x25519') throw new TypeError('not an X25519 key')
  return key
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
const utf8 = (text: string) => new TextEncoder().encode(text)
