// An app as a process: it says who answers, answers late where it is asked to, and ends at its start where the test says so.
import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackendApp } from '../http/index.ts'
import { runBackend } from '../run-backend.ts'

const [, , folder = '', ...argv] = process.argv

await runBackend(
  {
    ...{ name: 'served', folder, dataDir: folder, port: 0 },
    async create({ config, log, databaseUrl }) {
      if (process.env.END_AT_START === 'all' || (process.env.END_AT_START === 'others' && cluster.worker?.id !== 1))
        process.exit(7)
      const backend = await createBackendApp({
        ...{ title: 'Served', version: '1.0.0', description: 'Served', environment: config.environment },
        ...{ log, databaseUrl, policies: {}, authenticate: async () => null, rateLimit: null },
        health: { path: '/health', answer: async () => ({ status: 200, body: { pid: process.pid } }) },
        metricsToken: 'Xr6TyK0pJd5FhGm2sCe9Ua7R',
      })
      const open = { config: { access: 'public' } }
      backend.app.get('/late', open, async () => {
        await sleep(700)
        return { late: true }
      })
      return backend
    },
  },
  { argv, env: process.env },
)
