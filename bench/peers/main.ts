// `node bench/peers/main.ts [--only <peer>] [--seconds <n>]`: one round of the peers by themselves, to try them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ikoma/store/testing'
import { peers, peerUnit } from './index.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, seconds: { type: 'string', default: '5' } },
})
const folder = mkdtempSync(join(tmpdir(), 'ikoma-peers-'))
const postgres = await startPostgres(folder)
const context = {
  postgresUrl: postgres.url,
  folder,
  adminKey: 'a-key-for-the-benchmark-alone',
  seconds: Number(values.seconds),
  samples: 200,
}
try {
  for (const peer of peers) {
    if (values.only !== undefined && values.only !== peer.name) continue
    for (const [name, value] of Object.entries(await peer.measure(1, context))) {
      process.stdout.write(`${name.padEnd(28)} ${value.toFixed(2).padStart(10)} ${peerUnit(name)}\n`)
    }
  }
} finally {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
