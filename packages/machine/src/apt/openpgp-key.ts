import { createHash } from 'node:crypto'

const armor =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+: [^\r\n]*\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+?)-----END PGP PUBLIC KEY BLOCK-----/g
const publicKeyTag = 6

/**
 * The fingerprints of every primary key in an armored file, in upper-case hex: RFC 4880, 4.2, 6.2 and 12.2. Null when the
 * file holds anything that is not understood, for then it may hold one more key.
 */
export function fingerprintsOf(armored: string): string[] | null {
  const blocks = [...armored.matchAll(armor)]
  const rest = armored.replace(armor, '').trim()
  if (blocks.length === 0 || rest !== '') return null
  try {
    return blocks.flatMap(([, body = '']) => primaryKeys(bytesOf(body)).map(fingerprint))
  } catch {
    return null
  }
}

/** The bytes of a key without its checksum, which is on a line of its own that begins with `=`. */
function bytesOf(body: string): Buffer {
  return Buffer.from(body.replace(/^=.*$/m, ''), 'base64')
}

function primaryKeys(bytes: Buffer): Buffer[] {
  const keys: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const { tag, start, end } = header(bytes, at)
    if (end > bytes.length) throw new Error('cut')
    if (tag === publicKeyTag) keys.push(bytes.subarray(start, end))
    at = end
  }
  return keys
}

function header(bytes: Buffer, at: number): { tag: number; start: number; end: number } {
  const first = bytes.readUInt8(at)
  if (!(first & 0x80)) throw new Error('no packet')
  if (first & 0x40) return { tag: first & 0x3f, ...newLength(bytes, at + 1) }
  const lengthBytes = [1, 2, 4][first & 3]
  if (lengthBytes === undefined) throw new Error('indeterminate length')
  const start = at + 1 + lengthBytes
  return { tag: (first >> 2) & 0x0f, start, end: start + bytes.readUIntBE(at + 1, lengthBytes) }
}

function newLength(bytes: Buffer, at: number): { start: number; end: number } {
  const first = bytes.readUInt8(at)
  if (first < 192) return { start: at + 1, end: at + 1 + first }
  if (first < 224) return { start: at + 2, end: at + 2 + ((first - 192) << 8) + bytes.readUInt8(at + 1) + 192 }
  if (first < 255) throw new Error('partial length')
  return { start: at + 5, end: at + 5 + bytes.readUInt32BE(at + 1) }
}

function fingerprint(key: Buffer): string {
  if (key.readUInt8(0) !== 4) throw new Error('not a version 4 key')
  const prefix = Buffer.from([0x99, key.length >> 8, key.length & 0xff])
  return createHash('sha1').update(prefix).update(key).digest('hex').toUpperCase()
}
