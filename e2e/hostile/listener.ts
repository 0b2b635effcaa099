import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

/** A reader with a connection of its own. */
export interface Listener {
  status: number
  text(): string
  /** Resolves once it was told that; rejects when the answer ends before. */
  hears(pattern: RegExp): Promise<void>
  ended: Promise<void>
  leave(): void
}

export async function listen(
  base: string,
  path: string,
  { headers = {}, method = 'GET' }: { headers?: Record<string, string>; method?: string } = {},
): Promise<Listener> {
  const asked = request(new URL(path, base), { method, headers, agent: false })
  asked.on('error', () => {}).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  const ended = new Promise<void>((resolve) => answer.once('close', resolve))
  answer
    .on('error', () => {})
    .on('data', (bytes) => {
      text += bytes
    })
  return {
    status: answer.statusCode ?? 0,
    text: () => text,
    async hears(pattern) {
      while (!pattern.test(text)) {
        const over = ended.then(() => Promise.reject(new Error(`It ended with: ${text}`)))
        await Promise.race([once(answer, 'data'), over])
      }
    },
    ended,
    leave: () => asked.destroy(),
  }
}
