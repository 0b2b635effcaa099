import type { Readable } from 'node:stream'
import { AppError } from '@ikoma/kernel'

/** The lines of a stream, each parsed as JSON. Rejects on a line that is none or too long: nothing after it is trusted. */
export async function* jsonLines(input: Readable, maxBytes: number): AsyncGenerator<unknown> {
  let waiting: Buffer[] = []
  let bytes = 0
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let rest = chunk
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      waiting.push(rest.subarray(0, at))
      yield parse(Buffer.concat(waiting).toString())
      waiting = []
      bytes = 0
      rest = rest.subarray(at + 1)
    }
    waiting.push(rest)
    bytes += rest.length
    if (bytes > maxBytes) throw broken('a line is too long')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw broken('a line is not JSON')
  }
}

function broken(why: string): AppError {
  return new AppError('invalid', `The other end of the executor's socket cannot be understood: ${why}.`, {
    reason: 'executor_protocol',
  })
}
