import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { takeDatabase } from './sole-process.ts'

function setup(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ikoma-sole-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'data', 'ikoma.db')
}

test('a second process on the same database is refused, with the first one’s id and address', () => {
  const file = setup()
  const first = takeDatabase(file)
  onTestFinished(() => first.release())
  first.tell('http://127.0.0.1:3000')
  const refused = expect.objectContaining({
    message: expect.stringContaining(`pid ${process.pid}, http://127.0.0.1:3000`),
  })
  expect(() => takeDatabase(file)).toThrow(refused)
})

test('that is the same database by another path, through a folder or a file', () => {
  const file = setup()
  const first = takeDatabase(file)
  onTestFinished(() => first.release())
  writeFileSync(file, '')
  const [folder, link] = [join(file, '../../other'), join(file, '../link.db')]
  symlinkSync(join(file, '..'), folder)
  symlinkSync(file, link)
  for (const other of [join(folder, 'ikoma.db'), link]) expect(() => takeDatabase(other)).toThrow('already')
})

test('the next one comes in when the first has let go', () => {
  const file = setup()
  takeDatabase(file).release()
  takeDatabase(file).release()
})

test('or was killed, whatever it left', async () => {
  const file = setup()
  const module = JSON.stringify(join(import.meta.dirname, 'sole-process.ts'))
  const hold = `const { takeDatabase } = await import(${module}); takeDatabase(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1e6)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', hold], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  expect(() => takeDatabase(file)).toThrow(`pid ${holder.pid}`)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  takeDatabase(file).release()
})
