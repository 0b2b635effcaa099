import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLogEnd } from '@ikoma/machine/system'
import { expect, onTestFinished, test } from 'vitest'
import { localHost } from './local-host.ts'

/** Only root can make files of other accounts. */
const asRoot = test.skipIf(process.getuid?.() !== 0)
const [app, other] = [62_001, 62_002]
const own = { content: 'own', uid: app, mode: 0o600 }

/** A folder of an app, one of another account, and one of root beside them. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-open-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const at = (path: string) => join(folder, path)
  const makeFolder = (path: string, uid: number, mode = 0o755) => {
    mkdirSync(at(path))
    chmodSync(at(path), mode)
    chownSync(at(path), uid, uid)
  }
  const put = (path: string, { content, uid, mode }: typeof own) => {
    writeFileSync(at(path), content)
    chownSync(at(path), uid, uid)
    chmodSync(at(path), mode)
    return at(path)
  }
  const link = (path: string, target: string, uid: number) => {
    symlinkSync(target, at(path))
    lchownSync(at(path), uid, uid)
    return at(path)
  }
  makeFolder('app', app)
  makeFolder('other', other)
  makeFolder('root', 0)
  const programs = { cwd: '/', marker: `open.${folder}`, killGraceMs: 200, signal: new AbortController().signal }
  return { at, makeFolder, put, link, host: localHost(programs) }
}

const secret = { content: 'secret', uid: other, mode: 0o600 }
const refused = { code: 'unprocessable', reason: 'unsafe_path' }

asRoot("a link of an app leads root to nothing that is not the app's own, or everybody's", async () => {
  const { at, host, put, link } = setup()
  for (const uid of [other, 0]) {
    put(`root/${uid}`, { content: 'secret', uid, mode: 0o640 })
    await expect(host.read(link(`app/${uid}`, at(`root/${uid}`), app))).rejects.toMatchObject(refused)
    await expect(host.readFile(at(`app/${uid}`))).rejects.toMatchObject(refused)
    await expect(readLogEnd(host, at(`app/${uid}`), 5)).rejects.toMatchObject({ reason: 'unexpected_file' })
  }
  put('root/own', own)
  put('root/public', { content: 'public', uid: 0, mode: 0o644 })
  expect(await host.read(link('app/own', '../root/own', app))).toBe('own')
  expect(await host.read(link('app/public', at('root/public'), app))).toBe('public')
})

asRoot('a folder of an app is no way to what it may not read: neither to files nor to names', async () => {
  const { at, host, makeFolder, put, link } = setup()
  makeFolder('root/closed', 0, 0o700)
  put('root/closed/file', { content: 'behind', uid: 0, mode: 0o644 })
  link('app/way', at('root/closed'), app)
  await expect(host.read(at('app/way/file'))).rejects.toMatchObject(refused)
  await expect(host.list(at('app/way'))).rejects.toMatchObject(refused)
  link('app/open', at('root'), app)
  expect(await host.list(at('app/open'))).toEqual(['closed'])
})

asRoot('a link that an app put into a folder that all may write to is the app’s', async () => {
  const { at, host, makeFolder, put, link } = setup()
  makeFolder('shared', 0, 0o1777)
  put('root/secret', { ...secret, uid: 0 })
  await expect(host.read(link('shared/app', at('root/secret'), app))).rejects.toMatchObject(refused)
  expect(await host.read(link('shared/root', at('root/secret'), 0))).toBe('secret')
})

asRoot('a second name of a file is no way to it either', async () => {
  const { at, host, put } = setup()
  linkSync(put('other/secret', secret), at('app/second'))
  await expect(host.read(at('app/second'))).rejects.toMatchObject(refused)
  linkSync(put('root/two', { ...own, uid: 0 }), at('root/second'))
  expect(await host.read(at('root/second'))).toBe('own')
})

asRoot('links of root in folders of root lead where they always did', async () => {
  const { at, host, makeFolder, put, link } = setup()
  makeFolder('root/archive', 0, 0o700)
  put('root/archive/key1', { ...own, uid: 0 })
  link('root/live', 'archive', 0)
  link('root/key', './live/../archive/key1', 0)
  expect(await host.read(at('root/key'))).toBe('own')
  expect(await host.read(at('root/live/key1'))).toBe('own')
  link('root/loop', 'loop', 0)
  await expect(host.read(at('root/loop'))).rejects.toMatchObject(refused)
  expect(await host.read(link('root/dangling', 'nothing', 0))).toBeNull()
})

asRoot("what root left in an app's folder is read as it lies there", async () => {
  const { at, host, makeFolder, put } = setup()
  expect(await host.read(put('app/.env', { ...own, uid: 0 }))).toBe('own')
  makeFolder('team', app, 0o2775)
  expect(await host.readFile(put('team/.env', own))).toMatchObject({ content: 'own', mode: 0o600, owner: `${app}` })
  expect(await host.read(at('app/none'))).toBeNull()
  expect(await host.read(at('app/.env/none'))).toBeNull()
})

test('what the kernel shows of processes is read whole', async () => {
  const { host } = {
    host: localHost({ cwd: '/', marker: 'open', killGraceMs: 200, signal: new AbortController().signal }),
  }
  expect(await host.read(`/proc/${process.pid}/cmdline`)).toContain('\0')
  expect(await host.read('/proc/self/status')).toContain('VmRSS')
  expect(Number.parseFloat((await host.read('/proc/uptime')) ?? '')).toBeGreaterThan(0)
})

/** Has the app exchange its file and a link to the secret, as fast as it can. */
async function exchanging(path: string, target: string): Promise<ChildProcess> {
  const script = `const fs = require('node:fs')
    const [path, target] = process.argv.slice(1)
    process.stdout.write('x')
    for (;;) {
      fs.symlinkSync(target, path + '.l'); fs.renameSync(path + '.l', path)
      fs.writeFileSync(path + '.f', 'own'); fs.renameSync(path + '.f', path)
    }`
  const child = spawn(process.execPath, ['-e', script, path, target], {
    uid: app,
    gid: app,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

asRoot.each(['read', 'readFile', 'log end', 'input'] as const)(
  'however often an app exchanges its file for a link, %s gives the file or refuses',
  async (kind) => {
    const { at, host, put } = setup()
    const target = put('root/secret', { ...secret, uid: 0 })
    const path = put('app/file', own)
    const ways = {
      read: async () => host.read(path),
      readFile: async () => (await host.readFile(path))?.content ?? null,
      'log end': async () => (await readLogEnd(host, path, 1))?.[0] ?? null,
      input: async () => (await host.run({ argv: ['cat'], inputFile: path })).stdout,
    }
    await exchanging(at('app/file'), target)
    const seen = new Set<unknown>()
    const rounds = kind === 'read' || kind === 'readFile' ? 600 : 25
    for (let round = 0; round < rounds; round += 1) {
      // The kind of thing at the path is looked at first, as callers do.
      if ((await host.look(path))?.kind !== 'file') continue
      seen.add(await ways[kind]().catch((error: { reason?: string }) => error.reason))
    }
    expect([...seen].filter((each) => each !== 'own' && each !== 'unsafe_path' && each !== 'unexpected_file')).toEqual(
      [],
    )
  },
)

asRoot('an exchange of the folder on the way is none either', async () => {
  const { at, host, makeFolder, put } = setup()
  makeFolder('app/data', app)
  put('app/data/file', own)
  makeFolder('root/data', 0)
  put('root/data/file', { ...secret, uid: 0 })
  const script =
    'while :; do ln -sfn "$2" "$1.l"; mv -T "$1" "$1.d"; mv -T "$1.l" "$1"; rm "$1"; mv -T "$1.d" "$1"; done'
  const child = spawn('sh', ['-c', script, 'sh', at('app/data'), at('root/data')], {
    uid: app,
    gid: app,
    stdio: 'ignore',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  for (let round = 0; round < 300; round += 1) {
    const read = await host.read(at('app/data/file')).catch((error: { reason?: string }) => error.reason)
    expect(read).toBeOneOf(['own', null, 'unsafe_path'])
  }
})

asRoot('what is no regular file is not opened at all', async () => {
  const { at, host } = setup()
  execFileSync('mkfifo', [at('app/fifo')])
  for (const path of [at('app/fifo'), at('app')]) {
    await expect(host.read(path)).rejects.toMatchObject({ reason: 'unexpected_file' })
  }
  expect(await host.list(at('app/fifo'))).toEqual([])
})
