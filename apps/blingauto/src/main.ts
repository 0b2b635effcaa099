import { join } from 'node:path'
import { runBackend } from '@ikoma/backend'
import { languageOf } from '@ikoma/backend/config'
import { systemClock } from '@ikoma/kernel'
import { alembicToDb, alembicUsage } from './alembic.ts'
import { createJobs } from './jobs.ts'
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
      jobs: (parts) => createJobs(parts, systemClock),
    },
    { argv: asked ? ['db', ...asked] : process.argv.slice(2), env: process.env },
  )
}
