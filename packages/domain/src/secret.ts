/** A value that orders name and nobody reads back: encrypted at rest, opened at a claim. Times are epoch milliseconds. */
export interface Secret {
  name: string
  /** 1 when it was first set; rises with every value. */
  version: number
  /** The servers whose orders may name it; null for all. */
  servers: string[] | null
  /** The key that it is encrypted with, kept outside the database. */
  keyVersion: number
  /** 12 bytes, base64url. */
  nonce: string
  /** AES-256-GCM with its tag, base64url. */
  ciphertext: string
  createdAt: number
  createdBy: string
  updatedAt: number
  updatedBy: string
}

export const secretNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** In UTF-8. What orders use is passwords, tokens, keys and certificates. */
export const maxSecretBytes = 64 * 1024
/** Of all that one order names: it travels within the order's grant. */
export const maxOrderSecretBytes = 128 * 1024
/** A shorter one cannot be told from the rest of a log, so that it could not be hidden there. */
export const minSecretLength = 6

/** What binds a ciphertext to its row: with anything else of the row changed it does not open. */
export function secretLabel(secret: Omit<Secret, 'nonce' | 'ciphertext'>): string {
  const { name, version, servers, keyVersion, createdAt, createdBy, updatedAt, updatedBy } = secret
  return JSON.stringify(['secret', name, version, servers, keyVersion, createdAt, createdBy, updatedAt, updatedBy])
}

/** Whether orders for a server may name it; a target without a server has only what is bound to none. */
export function servesSecret({ servers }: Pick<Secret, 'servers'>, serverId: string | null): boolean {
  return servers === null || (serverId !== null && servers.includes(serverId))
}
