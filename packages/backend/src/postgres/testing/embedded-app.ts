// An app that starts its own database, says where and what happened, and stays until it is killed.
import { createLog } from '@ikoma/kernel/node'
import { startEmbeddedPostgres } from '../embedded.ts'

const [, , dataDirectory = ''] = process.argv
try {
  const { url, pid } = await startEmbeddedPostgres({ dataDirectory, log: createLog('silent') })
  process.stdout.write(`${JSON.stringify({ url, pid })}\n`)
} catch (error) {
  const { reason, message } = error as { reason: string; message: string }
  process.stdout.write(`${JSON.stringify({ reason, message })}\n`)
  process.exitCode = 1
}
