import { connect } from 'node:net'

/** Longer than most apps keep one; those of two minutes and more are in no race with a proxy. */
const patienceMs = 8_000

/**
 * For how long the app on this port keeps a connection that nobody uses: as its `Keep-Alive` header tells, or as it
 * does. Null where it has not closed it by then, or does not speak HTTP.
 */
export function measureKeepAliveSec(
  port: number,
  signal: AbortSignal,
  waitMs: number = patienceMs,
): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let answeredMs = 0
    let head = ''
    const end = (sec: number | null) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(sec)
    }
    const stop = () => end(null)
    const timer = setTimeout(stop, waitMs)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    socket.once('error', stop)
    socket.once('end', () => end(answeredMs === 0 ? null : (performance.now() - answeredMs) / 1000))
    socket.on('data', (bytes: Buffer) => {
      answeredMs = performance.now()
      head = (head + bytes.toString('latin1')).slice(0, 16_384)
      const [, told] = /^keep-alive:.*\btimeout=(\d{1,5})/im.exec(head) ?? []
      // One that is closed after each answer is in no race.
      if (/^connection: *close/im.test(head)) end(null)
      else if (told !== undefined) end(Number(told))
    })
    socket.once('connect', () => socket.write('HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n'))
  })
}
