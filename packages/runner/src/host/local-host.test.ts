import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { PassThrough, Readable } from 'node:stream'
import type { Host } from '@ikoma/machine'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { localHost } from './local-host.ts'

const me = userInfo().username
const access = { mode: 0o640, owner: me, group: groupName() }
let folder: string
let host: Host
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ikoma-host-'))
  host = localHost({ cwd: '/', marker: `host.${process.pid}`, killGraceMs: 200, signal: new AbortController().signal })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('files', () => {
  test('are written with owner and mode, replaced whole, and leave no draft behind', async () => {
    const path = join(folder, 'unit')
    await host.write(path, { content: 'one', ...access })
    await host.write(path, { content: 'two', ...access, mode: 0o600 })
    expect(await host.read(path)).toBe('two')
    expect(await host.look(path)).toEqual({ kind: 'file', ...access, mode: 0o600 })
    expect(readdirSync(folder)).toEqual(['unit'])
  })

  test('are absent as null and removed without complaint', async () => {
    const path = join(folder, 'none')
    expect([await host.read(path), await host.look(path), await host.list(path)]).toEqual([null, null, []])
    await host.remove(path)
    await host.write(path, { content: '', ...access })
    await host.remove(path)
    expect(readdirSync(folder)).toEqual([])
  })

  test('that are too large or no files are not read', async () => {
    const path = join(folder, 'large')
    await host.write(path, { content: 'x'.repeat(1024 * 1024 + 1), ...access })
    await expect(host.read(path)).rejects.toMatchObject({ code: 'unprocessable', reason: 'unexpected_file' })
    await expect(host.read(folder)).rejects.toMatchObject({ reason: 'unexpected_file' })
    execFileSync('mkfifo', [join(folder, 'fifo')])
    await expect(host.read(join(folder, 'fifo'))).rejects.toMatchObject({ reason: 'unexpected_file' })
  })

  test('of an owner that does not exist are not written', async () => {
    const path = join(folder, 'orphan')
    const orphan = host.write(path, { content: 'x', ...access, owner: 'nobody-of-that-name' })
    await expect(orphan).rejects.toMatchObject({ reason: 'no_such_user' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a path that somebody could turn elsewhere', () => {
  test('is refused when a folder on the way is a link', async () => {
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    const written = host.write(join(folder, 'link', 'file'), { content: 'x', ...access })
    await expect(written).rejects.toMatchObject({ code: 'unprocessable', reason: 'unsafe_path' })
    await expect(host.makeDirectory(join(folder, 'link', 'sub'), access)).rejects.toMatchObject({
      reason: 'unsafe_path',
    })
    expect(readdirSync(join(folder, 'real'))).toEqual([])
  })

  test('is refused when others may write to a folder on the way', async () => {
    const open = join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    await expect(host.write(join(open, 'file'), { content: 'x', ...access })).rejects.toMatchObject({
      reason: 'unsafe_path',
    })
  })

  test.each(['relative', '/a/../b', '/a//b', '/a/', '/a\0b', '/'])('is refused as %j', async (path) => {
    await expect(host.write(path, { content: 'x', ...access })).rejects.toMatchObject({ reason: 'unsafe_path' })
  })

  test.each([
    '/etc/ikoma',
    '/etc/ikoma/policy.json',
    '/var/lib/ikoma/executor/spent',
    '/var/lib/ikoma/runner/runner.json',
    '/etc/systemd/system/ikoma-runner.service',
    '/etc/systemd/system/ikoma-executor@.service.d/more.conf',
    '/run/ikoma/executor.sock',
  ])('is refused as %s, which decides over orders', async (path) => {
    const refused = { code: 'unprocessable', reason: 'own_ground' }
    await expect(host.write(path, { content: 'x', ...access })).rejects.toMatchObject(refused)
    await expect(host.makeDirectory(path, access)).rejects.toMatchObject(refused)
    await expect(host.remove(path)).rejects.toMatchObject(refused)
  })

  test.each(['/', '/etc', '/var/lib', '/var/lib/ikoma', '/etc/systemd/system'])(
    'is refused as %s, for anybody but root',
    async (path) => {
      const ikoma = { mode: 0o755, owner: 'ikoma', group: 'ikoma' }
      await expect(host.makeDirectory(path, ikoma)).rejects.toMatchObject({ reason: 'own_ground' })
      const open = { mode: 0o777, owner: 'root', group: 'root' }
      await expect(host.makeDirectory(path, open)).rejects.toMatchObject({ reason: 'own_ground' })
    },
  )

  test('a link to a folder is not taken for one, nor is a file', async () => {
    const target = join(folder, 'target')
    mkdirSync(target, { mode: 0o700 })
    symlinkSync(target, join(folder, 'link'))
    await host.write(join(folder, 'file'), { content: 'x', ...access })
    for (const name of ['link', 'file']) {
      const made = host.makeDirectory(join(folder, name), { ...access, mode: 0o777 })
      await expect(made).rejects.toMatchObject({ reason: 'unexpected_file' })
    }
    expect([statSync(target).mode & 0o777, statSync(join(folder, 'file')).mode & 0o777]).toEqual([0o700, 0o640])
    await host.makeDirectory(target, { ...access, mode: 0o750 })
    expect(await host.look(target)).toEqual({ kind: 'directory', ...access, mode: 0o750 })
  })

  test('a link at the end of the path is replaced, never followed', async () => {
    const target = join(folder, 'target')
    await host.write(target, { content: 'mine', ...access })
    symlinkSync(target, join(folder, 'link'))
    await host.write(join(folder, 'link'), { content: 'new', ...access })
    expect([readFileSync(target, 'utf8'), statSync(join(folder, 'link')).isFile()]).toEqual(['mine', true])
  })
})

describe('programs', () => {
  test('get argv as it is, input, and nothing of our environment', async () => {
    process.env.IKOMA_TEST_SECRET = 'seen'
    const { code, stdout } = await host.run({ argv: ['env'], env: { MINE: 'a b' } })
    delete process.env.IKOMA_TEST_SECRET
    expect(code).toBe(0)
    expect(stdout).toContain('MINE=a b')
    expect(stdout).not.toContain('IKOMA_TEST_SECRET')
    expect((await host.run({ argv: ['cat'], input: 'héllo' })).stdout).toBe('héllo')
    expect((await host.run({ argv: ['printf', '%s', '$(id); *'] })).stdout).toBe('$(id); *')
  })

  test('answer with their exit code, and are named when they are not installed', async () => {
    expect((await host.run({ argv: ['false'] })).code).toBe(1)
    await expect(host.run({ argv: ['no-such-tool'] })).rejects.toMatchObject({
      reason: 'tool_absent',
      message: 'no-such-tool is not installed on this server.',
    })
  })

  test('are ended when their time is over, and their output is bounded', async () => {
    const late = host.run({ argv: ['sleep', '60'], timeoutSec: 0.2 })
    await expect(late).rejects.toMatchObject({ reason: 'program_timeout' })
    const { stdout } = await host.run({ argv: ['head', '-c', '1000000', '/dev/zero'] })
    expect(stdout).toHaveLength(256 * 1024)
  })

  test('read and write files that are too large to hold, and what fails leaves none', async () => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')]
    await host.write(from, { content: 'x'.repeat(500_000), ...access })
    const copied = await host.run({ argv: ['cat'], inputFile: from, outputFile: to })
    expect(copied).toEqual({ code: 0, stdout: '', stderr: '' })
    expect([readFileSync(to, 'utf8').length, statSync(to).mode & 0o777]).toEqual([500_000, 0o600])
    const existing = host.run({ argv: ['cat'], inputFile: from, outputFile: to })
    await expect(existing).rejects.toMatchObject({ code: 'EEXIST' })
    const [failed, link] = [join(folder, 'failed'), join(folder, 'link')]
    expect((await host.run({ argv: ['cat', '/none'], outputFile: failed })).code).toBe(1)
    symlinkSync(from, link)
    const followed = host.run({ argv: ['cat'], inputFile: link })
    await expect(followed).rejects.toMatchObject({ reason: 'unexpected_file' })
    execFileSync('mkfifo', [join(folder, 'fifo')])
    const waiting = host.run({ argv: ['cat'], inputFile: join(folder, 'fifo') })
    await expect(waiting).rejects.toMatchObject({ reason: 'unexpected_file' })
    expect(readdirSync(folder)).toEqual(['fifo', 'from', 'link', 'to'])
  })

  test('end with what they left in the background when the order must stop, and what takes it back is left alone', async () => {
    const stop = new AbortController()
    const programs = { cwd: '/', marker: `stop.${process.pid}`, killGraceMs: 200 }
    const pidFile = join(folder, 'pid')
    // Deaf to the first signal, with a child that is too.
    const deaf = `trap '' TERM; (echo $BASHPID > ${pidFile}; exec sleep 60) & sleep 60`
    const running = localHost({ ...programs, signal: stop.signal }).run({ argv: ['bash', '-c', deaf] })
    setTimeout(() => stop.abort(new Error('canceled')), 300)
    await expect(running).rejects.toThrow('canceled')
    const left = readFileSync(pidFile, 'utf8').trim()
    // Dead, though nobody may have taken it away yet.
    const state = existsSync(`/proc/${left}/stat`) ? readFileSync(`/proc/${left}/stat`, 'utf8').split(' ')[2] : 'gone'
    expect(['Z', 'X', 'gone']).toContain(state)
    const takesBack = localHost({ ...programs, signal: new AbortController().signal })
    expect(await takesBack.run({ argv: ['sleep', '1'] })).toMatchObject({ code: 0 })
  })
})

function groupName(): string {
  const { gid } = userInfo()
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((each) => each.split(':')[2] === String(gid))
  return line?.split(':')[0] ?? String(gid)
}

describe('an aloud program', () => {
  /** What was heard of a program, when: the number of lines at the time. */
  function listening(signal = new AbortController().signal) {
    const heard: string[] = []
    const capture = async (output: Readable, stream: string) => {
      for await (const chunk of output)
        heard.push(
          ...String(chunk)
            .trimEnd()
            .split('\n')
            .map((line) => `${stream}: ${line}`),
        )
    }
    const programs = { cwd: '/', marker: `host.${process.pid}.aloud`, killGraceMs: 200, signal, capture }
    return { heard, host: localHost(programs) }
  }

  test('is heard while it runs, and its answer is whole all the same', async () => {
    const { heard, host } = listening()
    const go = join(folder, 'go')
    const script = `echo one; echo two >&2; while [ -d ${folder} -a ! -e ${go} ]; do sleep 0.02; done; echo three`
    const running = host.run({ argv: ['sh', '-c', script], aloud: true })
    await vi.waitFor(() => expect(heard.toSorted()).toEqual(['stderr: two', 'stdout: one']), 5_000)
    writeFileSync(go, '')
    expect(await running).toEqual({ code: 0, stdout: 'one\nthree\n', stderr: 'two\n' })
    expect(heard).toContain('stdout: three')
  })

  test('has its secrets hidden before anybody hears it, also in pieces and in its answer', async () => {
    const { heard, host } = listening()
    const script = 'printf corr; sleep 0.1; printf ect-horse; echo; echo correct-horse >&2; printf battery'
    const secrets = ['correct-horse', 'battery']
    const { stdout, stderr } = await host.run({ argv: ['sh', '-c', script], aloud: true, secrets })
    expect([stdout, stderr]).toEqual(['[REDACTED]\n[REDACTED]', '[REDACTED]\n'])
    expect(heard.toSorted()).toEqual(['stderr: [REDACTED]', 'stdout: [REDACTED]', 'stdout: [REDACTED]'])
    const quiet = await host.run({ argv: ['sh', '-c', script], secrets })
    expect(quiet.stdout).toBe('[REDACTED]\n[REDACTED]')
  })

  test('that is not aloud is not heard', async () => {
    const { heard, host } = listening()
    await host.run({ argv: ['echo', 'one'] })
    expect(heard).toEqual([])
  })

  test('waits for whoever hears it, and is ended by a stop all the same', async () => {
    const stop = new AbortController()
    const capture = () => new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()))
    const programs = { cwd: '/', marker: `host.${process.pid}.deaf`, killGraceMs: 200, signal: stop.signal, capture }
    const running = localHost(programs).run({ argv: ['yes'], aloud: true })
    setTimeout(() => stop.abort(new Error('canceled')), 300)
    await expect(running).rejects.toThrow('canceled')
  })

  test('that ignores a stop fills no memory while it is waited for', async () => {
    const stop = new AbortController()
    let held = 0
    const capture = async (output: Readable) => {
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
      await new Promise((resolve) => setTimeout(resolve, 600))
      held += output.readableLength + (output as PassThrough).writableLength
      output.resume()
    }
    const programs = {
      cwd: '/',
      marker: `host.${process.pid}.stubborn`,
      killGraceMs: 500,
      signal: stop.signal,
      capture,
    }
    const running = localHost(programs).run({ argv: ['sh', '-c', "trap '' TERM; yes"], aloud: true })
    setTimeout(() => stop.abort(new Error('canceled')), 100)
    await expect(running).rejects.toThrow('canceled')
    expect(held).toBeLessThan(1024 * 1024)
  })
})
