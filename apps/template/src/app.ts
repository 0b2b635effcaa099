import { timingSafeEqual } from 'node:crypto'
import type { BackendParts, RunningBackend } from '@ikoma/backend'
import { configuredHttp, createBackendApp } from '@ikoma/backend/http'
import { noteRoutes } from './routes/notes.ts'

/** Whoever shows the API key may write; everybody may read. */
export const policies = { writer: ['writer'] }

export async function createApp({ config, log, database, databaseUrl }: BackendParts): Promise<RunningBackend> {
  const key = config.secret('API_KEY').reveal()
  const backend = await createBackendApp({
    title: 'Template',
    version: '1.0.0',
    description: 'Notes: the smallest backend there is.',
    ...configuredHttp(config),
    log,
    policies,
    authenticate: async ({ headers }) => (isKey(headers.authorization, key) ? { id: 'key', role: 'writer' } : null),
    health: { path: '/healthz', answer: async () => ({ status: 200, body: { status: 'healthy' } }) },
    databaseUrl,
    db: database.db,
  })
  noteRoutes(backend.app, database)
  return backend
}

function isKey(header: string | undefined, key: string): boolean {
  const [given, wanted] = [Buffer.from(header ?? ''), Buffer.from(`Bearer ${key}`)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
