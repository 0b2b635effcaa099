import { join } from 'node:path'
import { Config, readContractFile } from '@ikoma/backend/config'
import { openDatabase } from '@ikoma/backend/postgres'
import { testDatabase, testEveryRoute } from '@ikoma/backend/testing'
import { checkEnvironment } from '@ikoma/kernel/contract'
import { createLog } from '@ikoma/kernel/node'
import { inject } from 'vitest'
import { createApp, policies } from './app.ts'

const folder = join(import.meta.dirname, '..')
const key = 'local-key-for-writing-notes-only'
const metricsToken = 'metrics-token-of-the-tests'

testEveryRoute({
  roles: ['writer'],
  things: { note: { make: writeNote } },
  ids: { '/v1/notes/{id}': 'note', after: 'note' },
  accessFile: '../access.txt',
  start,
})

async function start() {
  const { url, drop } = await testDatabase(inject('postgresUrl'), join(folder, 'migrations'))
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const database = openDatabase({ url, log })
  const contract = readContractFile(join(folder, 'env.contract.yaml'))
  const config = new Config(
    contract,
    'local',
    checkEnvironment(contract, 'local', { METRICS_TOKEN: metricsToken }).values,
  )
  const { app, close } = await createApp({ config, log, database, databaseUrl: url, dataDir: '' })
  return {
    app,
    policies,
    signIn: async () => ({ id: 'key', headers: { authorization: `Bearer ${key}` } }),
    stale: async () => [{ authorization: `Bearer ${key}x` }, { authorization: `bearer ${key}` }],
    logged: () => lines.join(''),
    secrets: async () => [key, metricsToken],
    async close() {
      await close()
      await database.close()
      await drop()
    },
  }
}

async function writeNote({ app }: Awaited<ReturnType<typeof start>>, { headers }: { headers: Record<string, string> }) {
  const { body } = await app.inject({ method: 'POST', url: '/v1/notes', headers, payload: { text: 'a note' } })
  return JSON.parse(body).id as string
}
