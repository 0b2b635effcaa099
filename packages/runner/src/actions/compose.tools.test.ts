import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Host, planFor } from '@ikoma/machine'
import { composeServices } from '@ikoma/machine/compose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localHost } from '../host/local-host.ts'

/** This machine with its own docker-compose, but without Docker: a project that was never brought up. */
let folder: string
let machine: Host
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-compose-'))
  const marker = `compose.${process.pid}`
  const real = localHost({ cwd: '/', marker, killGraceMs: 500, signal: new AbortController().signal })
  const docker = (args: readonly string[]) => ({ code: args[0] === 'compose' ? 1 : 0, stdout: '', stderr: '' })
  machine = {
    ...real,
    run: (program) =>
      program.argv[0] === 'docker' ? Promise.resolve(docker(program.argv.slice(1))) : real.run(program),
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function checkOf(file: string) {
  writeFileSync(join(folder, 'docker-compose.yml'), file)
  const source = { name: 'shop', directory: folder, file: 'docker-compose.yml', variablesFile: '.env' }
  const services = composeServices({ ...source, revision: 'none', allowed: [] }, { waitSec: 1, settleSec: 1 })
  const [check] = await planFor([services], machine)
  return check
}

test('docker-compose takes what it is given over its standard input, and what it was told is whole', async () => {
  mkdirSync(join(folder, 'settings'))
  writeFileSync(join(folder, '.env'), 'TAG=16\n')
  writeFileSync(join(folder, 'settings', 'web.env'), 'A=1\n')
  const check = await checkOf(`
services:
  web:
    image: "postgres:\${TAG:?is not read}"
    env_file: settings/web.env
    labels: ["a=b=c"]
    volumes: ["./data:/data", "kept:/kept"]
    command: ["sh", "-c", "echo $$HOME"]
volumes: { kept: null }
`)
  expect(check?.title).toBe('have compose check the file of shop')
  await check?.apply(machine)
})

test.each([
  ['services: { web: { image: "x:1", volumes: ["nowhere:/x"] } }', 'tool_failed'],
  ['services: { web: { image: "x:1", volumes: ["./a:/x", "./b:/x"] } }', 'tool_failed'],
])('docker-compose refuses %s', async (file, reason) => {
  const check = await checkOf(file)
  await expect(check?.apply(machine)).rejects.toMatchObject({ reason })
})

test('docker-compose opens nothing of the folder: neither variables nor what a file of them could say', async () => {
  mkdirSync(join(folder, 'settings'))
  writeFileSync(
    join(folder, '.env'),
    'TAG=16\nCOMPOSE_PROJECT_NAME=other\nCOMPOSE_FILE=/etc/passwd\nDOCKER_HOST=tcp://x\n',
  )
  const secret = join(folder, 'settings', 'web.env')
  writeFileSync(secret, 'A="s$esame"\n')
  const check = await checkOf('services: { web: { image: "x:$TAG", env_file: settings/web.env } }')
  // Whatever is put there now comes too late.
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
  writeFileSync(join(folder, '.env'), 'not = = a file of variables')
  await check?.apply(machine)
})
