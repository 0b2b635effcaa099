import { join } from 'node:path'
import { runBackend } from '@ikoma/backend'
import { createApp } from './app.ts'

const folder = join(import.meta.dirname, '..')

await runBackend(
  { name: 'template', folder, dataDir: join(folder, '../../data/template'), port: 8080, create: createApp },
  { argv: process.argv.slice(2), env: process.env },
)
