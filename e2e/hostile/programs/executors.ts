// Executors, one for each line that comes: a claim. Each as systemd starts one for a connection, with its settings in a
// folder of the test's. A line goes out for each, when it is done.
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createLog } from '@ikoma/kernel/node'
import { runExecutor } from '@ikoma/runner'

const [configPath = ''] = process.argv.slice(2)
const peerUid = process.getuid?.() ?? null

async function answer(line: string): Promise<void> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  input.write(`${line}\n`)
  const told = text(output)
  await runExecutor({ configPath, peerUid, input, output, logger: createLog('fatal', process.stderr) })
  const { result } = JSON.parse((await told).trim().split('\n').at(-1) ?? '')
  const { orderId } = JSON.parse(line).claim
  process.stdout.write(`${JSON.stringify({ orderId, said: result.ok ? 'done' : result.errors[0].code })}\n`)
}

for await (const line of createInterface({ input: process.stdin })) void answer(line)
