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

test('docker-compose takes what it is given over its standard input, and finds the files it names', async () => {
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
  ['services: { web: { image: "x:1", ports: "no list" } }', 'tool_failed'],
  ['services: { web: { image: "x:1", env_file: nowhere.env } }', 'tool_failed'],
])('docker-compose refuses %s', async (file, reason) => {
  const check = await checkOf(file)
  await expect(check?.apply(machine)).rejects.toMatchObject({ reason })
})
