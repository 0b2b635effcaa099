import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Desired } from '@ikoma/machine'
import { link, unpackedArchive } from '@ikoma/machine/system'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { converging } from '../actions/converging.ts'
import { actionContext } from '../testing/action-context.ts'

// What is unpacked belongs to root, which only root can say.
const asRoot = test.skipIf(process.getuid?.() !== 0)

let folder: string
let archive: Buffer
let url: string
const server = createServer((_, response) => response.end(archive))
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-archive-'))
  mkdirSync(join(folder, 'node-v1', 'bin'), { recursive: true })
  writeFileSync(join(folder, 'node-v1', 'bin', 'node'), 'a program', { mode: 0o755 })
  // More than root should let a program that was fetched have.
  chmodSync(join(folder, 'node-v1', 'bin', 'node'), 0o6777)
  spawnSync('tar', ['-czf', 'made.tar.gz', 'node-v1'], { cwd: folder })
  archive = readFileSync(join(folder, 'made.tar.gz'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/node.tar.gz`
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  server.closeAllConnections()
  server.close()
})

function apply(desired: Desired[]) {
  return converging(() => desired)({}, actionContext())
}

asRoot('curl, sha256sum, tar and ln do what is asked of them, once', async () => {
  const path = join(folder, 'unpacked')
  const sha256 = createHash('sha256').update(archive).digest('hex')
  const called = join(folder, 'node')
  const wanted = [unpackedArchive({ url, sha256, path }), link({ path: called, target: join(path, 'bin/node') })]
  expect(await apply(wanted)).toMatchObject({ ok: true, output: { changed: true } })
  expect(readFileSync(called, 'utf8')).toBe('a program')
  expect(statSync(path).mode & 0o777).toBe(0o755)
  expect(statSync(join(path, 'bin/node')).mode & 0o7777).toBe(0o755)
  expect(existsSync(`${path}.tar.gz`)).toBe(false)
  expect(await apply(wanted)).toMatchObject({ ok: true, output: { changed: false } })
  await apply([link({ path: called, target: '/elsewhere' })])
  expect(readlinkSync(called)).toBe('/elsewhere')
})

asRoot('an archive with another sum is not unpacked', async () => {
  const path = join(folder, 'unpacked')
  const wanted = unpackedArchive({ url, sha256: '0'.repeat(64), path })
  await expect(apply([wanted])).rejects.toMatchObject({ reason: 'checksum_mismatch' })
  expect([existsSync(path), existsSync(`${path}.tar.gz`)]).toEqual([false, false])
})
