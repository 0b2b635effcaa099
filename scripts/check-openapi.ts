import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setup } from '../packages/control-plane/src/testing/world.ts'
import { closeRecycledSqlite } from '../packages/store/src/testing/recycled-sqlite.ts'

// Lints the description of the API as a control plane serves it. Client generators stumble over what the linter names.
const world = await setup()
const { body } = await world.call('GET', '/openapi.json')
await world.close()
await closeRecycledSqlite()

const folder = mkdtempSync(join(tmpdir(), 'ikoma-openapi-'))
const file = join(folder, 'openapi.json')
writeFileSync(file, JSON.stringify(body, null, 2))
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
const argv = ['redocly', 'lint', file, '--config', 'redocly.yaml', '--max-problems', '20']
const { status, stdout, stderr } = spawnSync('npx', argv, { encoding: 'utf8', env, timeout: 120_000 })
rmSync(folder, { recursive: true })
const isClean = status === 0 && !/You have \d+ warning/.test(stderr + stdout)
if (!isClean) process.stderr.write(stdout + stderr)
process.exitCode = isClean ? 0 : 1
