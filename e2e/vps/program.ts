import { execFile } from 'node:child_process'

export interface Ended {
  code: number
  stdout: string
  stderr: string
}

export interface ProgramOptions {
  input?: string
  timeoutSec?: number
}

/** Runs a program to its end; how it ended is data. Rejects when it cannot be started or takes too long. */
export function run(argv: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<Ended> {
  const { input = '', timeoutSec = 60 } = options
  const [file, ...args] = argv
  // The tools of file systems are not on everybody's PATH.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' }
  const limits = { env, timeout: timeoutSec * 1000, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, limits, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr })
      else if (error.killed) reject(new Error(`${argv.join(' ')} took more than ${timeoutSec} s.\n${stdout}${stderr}`))
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
      else reject(error)
    })
    // One that ends without reading is judged by how it ended.
    child.stdin?.once('error', () => {})
    child.stdin?.end(input)
  })
}

/** What it wrote to its standard output; rejects with all that it said when it fails. */
export async function mustRun(argv: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options)
  if (code === 0) return stdout
  throw new Error(`${argv.join(' ')} ended with ${code}:\n${`${stdout}${stderr}`.slice(-4_000)}`)
}
