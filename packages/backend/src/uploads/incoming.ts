import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '@ikoma/kernel'
import { notWhole, tooLarge } from './refusals.ts'

/** Writes a stream to a new file that only we read, on the disk when it returns. What is left when it throws is the caller's. */
export async function writeIncoming(
  stream: Readable,
  file: string,
  mostBytes: number,
): Promise<{ bytes: number; sha256: string }> {
  const digest = createHash('sha256')
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > mostBytes) return done(tooLarge(mostBytes))
      digest.update(chunk)
      done(null, chunk)
    },
  })
  try {
    await pipeline(stream, counted, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }))
  } catch (error) {
    if (error instanceof AppError || isDiskError(error)) throw error
    throw notWhole()
  }
  // A reader of forms cuts a file at its own limit and says so beside it.
  if ((stream as { truncated?: boolean }).truncated) throw tooLarge(mostBytes)
  return { bytes, sha256: digest.digest('hex') }
}

function isDiskError(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException
  return syscall === 'open' || syscall === 'write' || syscall === 'fsync'
}
