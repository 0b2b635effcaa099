import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readControlPlaneConfig } from './config.ts'
import { openControlPlane } from './open-control-plane.ts'
import { startFailure } from './start-failure.ts'

function setup(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const config = readControlPlaneConfig({ PORT: '0', LOG_LEVEL: 'silent', ...env }, folder)
  return { folder, config }
}

const coded = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

test('a port that is taken is told with who has it, and another one', async () => {
  const other = createServer()
  await once(other.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const { config } = setup({ PORT: String(port) })
  const error = await openControlPlane(config).catch((error: unknown) => startFailure(error, config, 'en'))
  expect(error).toMatchObject({ code: 'unavailable', reason: 'start_failed' })
  expect(String(error)).toMatch(new RegExp(`Port ${port} is taken by .* \\(pid ${process.pid}\\).*PORT=${port + 1}`))
})

test('a data folder that is a file is told', async () => {
  const { folder, config } = setup()
  writeFileSync(join(folder, 'data'), '')
  const error = await openControlPlane(config).catch((error: unknown) => startFailure(error, config, 'fr'))
  expect(String(error)).toMatch(/data n’est pas un dossier/)
})

test.each([
  [coded('EACCES', { syscall: 'listen' }), 'port 80: below 1024', 'sous 1024'],
  [coded('EADDRNOTAVAIL', { syscall: 'listen' }), 'no address of this machine', 'pas une adresse'],
  [coded('ENOTFOUND', { syscall: 'getaddrinfo' }), 'not known here', 'inconnu ici'],
  [coded('ENOSPC'), 'The disk is full', 'Le disque est plein'],
  [coded('ERR_SQLITE_ERROR', { errcode: 13 }), 'The disk is full', 'Le disque est plein'],
  [coded('EROFS'), 'is read-only', 'lecture seule'],
  [coded('EACCES', { syscall: 'mkdir' }), 'may not write in', 'ne peut pas écrire'],
  [coded('ERR_SQLITE_ERROR', { errcode: 14 }), 'is not there', 'n’existe pas'],
])('%s is told in words', (error, en, fr) => {
  const { config } = setup({ PORT: '80' })
  expect(String(startFailure(error, config, 'en'))).toContain(en)
  expect(String(startFailure(error, config, 'fr'))).toContain(fr)
})

test.each([coded('ESTRANGE'), coded('EACCES', { syscall: 'connect' })])(
  'what nobody foresaw, or is a database’s, stays as it is: %s',
  (error) => {
    expect(startFailure(error, setup().config, 'en')).toBe(error)
  },
)
