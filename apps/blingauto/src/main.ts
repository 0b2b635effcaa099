import { join } from 'node:path'
import { runBackend } from '@ikoma/backend'
import { systemClock } from '@ikoma/kernel'
import { createJobs } from './jobs.ts'
import { startApp } from './start-app.ts'

const folder = join(import.meta.dirname, '..')

await runBackend(
  {
    ...{ name: 'blingauto', folder, dataDir: join(folder, '../../data/blingauto'), port: 8000 },
    create: startApp,
    jobs: (parts) => createJobs(parts, systemClock),
  },
  { argv: process.argv.slice(2), env: process.env },
)
