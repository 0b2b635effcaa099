import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { eicar } from './eicar.ts'

/** `looks`: answers as clamd does. The others are what a scanner in trouble does. */
export type Mood = 'looks' | 'says error' | 'says nonsense' | 'says nothing' | 'hangs up' | 'hangs up at once'

/** Stands in for clamd: speaks INSTREAM over a socket, and knows one virus. */
export class FakeClamd {
  readonly socket: string
  mood: Mood = 'looks'
  /** Bytes that were sent to it. */
  scanned = 0
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket))
  readonly #sockets = new Set<Socket>()

  constructor(folder: string) {
    this.socket = join(folder, 'clamd.sock')
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socket, resolve))
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    if (this.mood === 'hangs up at once') return void socket.destroy()
    let came = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      came = Buffer.concat([came, chunk])
      const body = bodyOf(came)
      if (body === null) return
      this.scanned += body.length
      this.#answer(socket, body)
    })
  }

  #answer(socket: Socket, body: Buffer): void {
    if (this.mood === 'says nothing') return
    if (this.mood === 'hangs up') return void socket.end()
    if (this.mood === 'says error') return void socket.end('INSTREAM size limit exceeded. ERROR\0')
    if (this.mood === 'says nonsense') return void socket.end('220 mail.test ESMTP\0')
    socket.end(body.includes(eicar) ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0')
  }
}

/** Its chunks, each behind its length, once the one of length 0 has come. */
function bodyOf(came: Buffer): Buffer | null {
  let at = came.indexOf('\0') + 1
  const chunks: Buffer[] = []
  while (at + 4 <= came.length) {
    const length = came.readUInt32BE(at)
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(came.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return null
}
