import { join } from 'node:path'
import { runBackend } from '@ikoma/backend'
import { startApp } from './start-app.ts'

const folder = join(import.meta.dirname, '..')

await runBackend(
  { name: 'blingauto', folder, dataDir: join(folder, '../../data/blingauto'), port: 8000, create: startApp },
  { argv: process.argv.slice(2), env: process.env },
)
