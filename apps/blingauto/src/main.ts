import { join } from 'node:path'
import { runBackend } from '@ikoma/backend'
import { languageOf } from '@ikoma/backend/config'
import { systemClock } from '@ikoma/kernel'
import { alembicToDb, alembicUsage } from './alembic.ts'
import { createJobs, runJobs } from './jobs.ts'
import { seedDemo } from './seed-demo.ts'
import { startApp } from './start-app.ts'

const folder = join(import.meta.dirname, '..')
const [first, ...rest] = process.argv.slice(2)
const asked = first === 'alembic' ? alembicToDb(rest) : null

if (first === 'alembic' && !asked) {
  process.stderr.write(`${alembicUsage[languageOf(process.env)]}\n`)
  process.exitCode = 2
} else {
  await runBackend(
    {
      ...{ name: 'blingauto', folder, dataDir: join(folder, '../../data/blingauto'), port: 8000 },
      create: startApp,
      commands: { jobs: (parts, argv) => runJobs(createJobs(parts, systemClock), argv), seed: seedDemo },
    },
    { argv: asked ? ['db', ...asked] : process.argv.slice(2), env: process.env },
  )
}
