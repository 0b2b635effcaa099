import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { readOwned } from './owned-file.ts'

/** To give a file to somebody takes root. */
const asRoot = test.skipIf(process.getuid?.() !== 0)
const self = process.getuid?.() === 0 ? 'root' : (spawnSync('id', ['--user', '--name']).stdout?.toString().trim() ?? '')
const daemon = 1

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-owned-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

function put(name: string, content: string | Buffer, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

const unsafe = { reason: 'unsafe_path' }
const unexpected = { reason: 'unexpected_file' }

test('a file of the account itself is read, and where there is none there is nothing', async () => {
  expect(await readOwned(put('own', 'é\n'), self)).toBe('é\n')
  expect(await readOwned(join(folder, 'none', 'at', 'all'), self)).toBeNull()
})

asRoot('a file is read for an account that could read it, and for no other', async () => {
  const closed = put('closed', 'sesame')
  await expect(readOwned(closed, 'daemon')).rejects.toMatchObject({
    ...unsafe,
    message: expect.stringContaining(`chown daemon ${closed}`),
  })
  expect(await readOwned(put('open', 'hello', 0o644), 'daemon')).toBe('hello')
  const group = put('group', 'hello', 0o640)
  await expect(readOwned(group, 'daemon')).rejects.toMatchObject(unsafe)
  chownSync(group, 0, daemon)
  expect(await readOwned(group, 'daemon')).toBe('hello')
  chownSync(closed, daemon, daemon)
  expect(await readOwned(closed, 'daemon')).toBe('sesame')
  await expect(readOwned(closed, 'root')).rejects.toMatchObject(unsafe)
})

test('no link is followed, be it the file or a folder on the way, and no second name', async () => {
  const secret = put('secret', 'sesame', 0o644)
  symlinkSync(secret, join(folder, 'link'))
  mkdirSync(join(folder, 'real'))
  writeFileSync(join(folder, 'real', 'file'), 'x')
  symlinkSync(join(folder, 'real'), join(folder, 'turned'))
  await expect(readOwned(join(folder, 'link'), self)).rejects.toMatchObject(unsafe)
  await expect(readOwned(join(folder, 'turned', 'file'), self)).rejects.toMatchObject(unsafe)
  linkSync(secret, join(folder, 'again'))
  await expect(readOwned(join(folder, 'again'), self)).rejects.toMatchObject(unexpected)
})

test('what is no text, too much, or nothing that ends, is refused', async () => {
  await expect(readOwned(put('latin', Buffer.from([0xe9])), self)).rejects.toMatchObject(unexpected)
  await expect(readOwned(put('large', 'x'.repeat(1024 * 1024 + 1)), self)).rejects.toMatchObject(unexpected)
  await expect(readOwned(folder, self)).rejects.toMatchObject(unexpected)
  spawnSync('mkfifo', [join(folder, 'fifo')])
  await expect(readOwned(join(folder, 'fifo'), self)).rejects.toMatchObject(unexpected)
})

test('a file that is exchanged for a link again and again is itself or refused, never what the link leads to', async () => {
  const [path, own, secret] = [join(folder, 'x.env'), join(folder, 'own'), put('secret', 'sesame', 0o644)]
  const seen = new Set<string>()
  for (let round = 0; round < 300; round += 1) {
    writeFileSync(own, 'own')
    renameSync(own, path)
    const reading = readOwned(path, self).catch((error: { reason: string }) => error.reason)
    symlinkSync(secret, own)
    renameSync(own, path)
    seen.add(String(await reading))
  }
  expect([...seen].filter((each) => !['own', 'unsafe_path', 'unexpected_file'].includes(each))).toEqual([])
})
