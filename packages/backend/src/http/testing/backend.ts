import { type AddressInfo, connect } from 'node:net'
import { AppError } from '@ikoma/kernel'
import { createLog } from '@ikoma/kernel/node'
import { onTestFinished } from 'vitest'
import { type BackendAppOptions, createBackendApp } from '../app.ts'

/** An app whose callers say who they are: `Bearer <role>:<id>`. */
export async function setupBackend(more: Partial<BackendAppOptions> = {}) {
  const lines: string[] = []
  const clock = { at: Date.UTC(2026, 9, 25), now: () => clock.at }
  const backend = await createBackendApp({
    ...{ title: 'Test', version: '1.2.3', description: 'Test', environment: 'local', clock },
    log: createLog('info', { write: (line) => void lines.push(line) }),
    policies: { public: 'public', member: 'signed-in', staff: ['admin', 'manager'] },
    async authenticate({ headers: { authorization } }) {
      const [, role, id] = /^Bearer (\w+):(\w+)$/.exec(authorization ?? '') ?? []
      if (authorization === 'Bearer expired')
        throw new AppError('unauthorized', 'Expired.', { reason: 'token_expired' })
      return role && id ? { role, id } : null
    },
    health: { path: '/health', answer: async () => ({ status: 200, body: { status: 'healthy' } }) },
    databaseUrl: null,
    rateLimit: null,
    ...more,
  })
  onTestFinished(() => backend.close())
  return { ...backend, clock, lines, told: () => lines.join('') }
}

export const as = (role: string, id = 'one') => ({ authorization: `Bearer ${role}:${id}` })

/** Listens on a port of its own, and sends texts as they are: a client of HTTP would set right what is asked about. */
export async function overSockets({ app, listen }: Pick<Awaited<ReturnType<typeof setupBackend>>, 'app' | 'listen'>) {
  const url = await listen('127.0.0.1', 0)
  const { port } = app.server.address() as AddressInfo
  const open = () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
    let heard = ''
    let news = () => {}
    socket.on('data', (bytes) => {
      heard += String(bytes)
      news()
    })
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    return {
      socket,
      closed,
      /** What was heard once it has this in it. */
      async until(text: string): Promise<string> {
        while (!heard.includes(text)) {
          await new Promise<void>((resolve) => {
            news = resolve
          })
        }
        return heard
      },
      heard: () => heard,
      ask(path: string, headers: Record<string, string> = {}) {
        const lines = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
        socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
      },
    }
  }
  return { url, open }
}
