import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

/** The system calls that say what is on disk, in their order, of a program that writes `path` by these means. */
function callsOf(means: 'host' | 'replaceFile', path: string): string[] {
  const module = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))
  const group = execFileSync('id', ['--group', '--name'], { encoding: 'utf8' }).trim()
  const access = JSON.stringify({ content: 'new', mode: 0o600, owner: userInfo().username, group })
  const script = {
    host: `import { localHost } from ${module('./local-host.ts')}
      const signal = new AbortController().signal
      await localHost({ cwd: '/', marker: 'x', killGraceMs: 1, signal }).write(${JSON.stringify(path)}, ${access})`,
    replaceFile: `import { replaceFile } from ${module('./durable-file.ts')}
      await replaceFile(${JSON.stringify(path)}, 'new')`,
  }[means]
  const trace = `${path}.trace`
  const calls = ['-f', '-y', '-e', 'trace=fsync,fdatasync,rename,renameat,renameat2', '-o', trace]
  execFileSync('strace', [...calls, process.execPath, '--input-type=module', '-e', script], { stdio: 'ignore' })
  const folder = path.slice(0, path.lastIndexOf('/'))
  return readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, call = '', args = ''] = /^\d+\s+(\w+)\((.*)\)\s+= 0$/.exec(line) ?? []
      if (!args.includes(folder)) return []
      return [call.startsWith('rename') ? 'rename' : `${call} ${args.includes(`<${folder}>`) ? 'folder' : 'file'}`]
    })
}

test.each(['host', 'replaceFile'] as const)(
  'a file that %s replaces is on disk before its name is, and its name before it returns',
  (means) => {
    const folder = mkdtempSync(join(tmpdir(), 'ikoma-sync-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'file')
    writeFileSync(path, 'old')
    expect(callsOf(means, path)).toEqual(['fsync file', 'rename', 'fsync folder'])
    expect(readFileSync(path, 'utf8')).toBe('new')
  },
)
