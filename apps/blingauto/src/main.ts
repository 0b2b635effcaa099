import { join } from 'node:path'
import { runBackend } from '@ikoma/backend'
import { systemClock } from '@ikoma/kernel'
import { createJobs, runJobs } from './jobs.ts'
import { seedDemo } from './seed-demo.ts'
import { startApp } from './start-app.ts'

const folder = join(import.meta.dirname, '..')

await runBackend(
  {
    ...{ name: 'blingauto', folder, dataDir: join(folder, '../../data/blingauto'), port: 8000 },
    create: startApp,
    commands: { jobs: (parts, argv) => runJobs(createJobs(parts, systemClock), argv), seed: seedDemo },
  },
  { argv: process.argv.slice(2), env: process.env },
)
