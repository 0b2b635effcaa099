import { userInfo } from 'node:os'
import type { Exit, Host, Program } from '@ikoma/machine'
import { readAccounts } from '@ikoma/machine/system'
import { localHost } from '../host/local-host.ts'

type Answer = Partial<Exit> | Program

/**
 * This machine, for real tools that a test runs in its foreground: what is to be root's is ours, and programs that speak
 * of the whole machine, such as systemctl, are answered by the test or done by another program.
 */
export async function foregroundMachine(programs: Readonly<Record<string, (args: string[]) => Answer>>): Promise<Host> {
  const { uid, gid } = userInfo()
  const accounts = await readAccounts()
  const me = { owner: accounts.userOf(uid), group: accounts.groupOf(gid) }
  const signal = new AbortController().signal
  const local = localHost({ cwd: '/', marker: `foreground.${process.pid}.${Math.random()}`, killGraceMs: 500, signal })
  return {
    ...local,
    run(program) {
      const [name, ...args] = program.argv
      const answer = programs[name]?.(args)
      if (answer === undefined) return local.run(program)
      if ('argv' in answer) return local.run({ ...program, ...answer })
      return Promise.resolve({ code: 0, stdout: '', stderr: '', ...answer })
    },
    async look(path) {
      const entry = await local.look(path)
      return entry && { ...entry, owner: 'root', group: 'root' }
    },
    write: (path, file) => local.write(path, { ...file, ...me }),
    makeDirectory: (path, { mode }) => local.makeDirectory(path, { mode, ...me }),
  }
}
