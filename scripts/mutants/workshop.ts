import { spawn } from 'node:child_process'
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Bug } from './bugs.ts'

/** A copy of the sources in which one bug at a time is planted, beside the packages that are installed here. */
export class Workshop {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(root: string, files: string[]): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'ikoma-mutants-'))
    for (const file of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await cp(join(root, file), join(folder, file), { verbatimSymlinks: true })
    }
    await linkPackages(join(root, 'node_modules'), join(folder, 'node_modules'))
    return new Workshop(folder)
  }

  /** Whether the tests fail with the bug in place; they are stopped, and count as failed, after `limitMs`. */
  async catches(bug: Bug, tests: string[], limitMs: number): Promise<boolean> {
    const path = join(this.folder, bug.file)
    const source = await readFile(path, 'utf8')
    await writeFile(path, source.slice(0, bug.start) + bug.with + source.slice(bug.end))
    try {
      return (await this.test(tests, limitMs)) !== 0
    } finally {
      await writeFile(path, source)
    }
  }

  /** The exit code of the tests; null when they took too long. */
  async test(tests: string[], limitMs: number): Promise<number | null> {
    const vitest = join(this.folder, 'node_modules/vitest/vitest.mjs')
    const child = spawn(process.execPath, [vitest, 'run', '--bail', '1', '--maxWorkers', '2', ...tests], {
      cwd: this.folder,
      stdio: process.env.IKOMA_MUTANTS_OUTPUT ? 'inherit' : 'ignore',
      // Its workers go with it.
      detached: true,
    })
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        process.kill(-(child.pid ?? 0), 'SIGKILL')
        done(null)
      }, limitMs)
      child.on('error', failed)
      child.on('exit', (code) => {
        clearTimeout(timer)
        done(code)
      })
    })
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}

/** Ours are links to the sources beside them, so that those with the bug are the ones that run. */
async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(join(to, '@ikoma'), { recursive: true })
  for (const name of await readdir(from)) {
    if (name === '@ikoma' || name === '.vite' || name === '.vitest') continue
    await symlink(join(from, name), join(to, name))
  }
  for (const name of await readdir(join(from, '@ikoma'))) {
    if ((await lstat(join(from, '@ikoma', name))).isSymbolicLink())
      await symlink(`../../packages/${name}`, join(to, '@ikoma', name))
  }
}
