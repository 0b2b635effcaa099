import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'

export interface WantedArchive {
  url: string
  /** Its SHA-256 in lower-case hex. The address need not be trusted: whatever answers must have this sum. */
  sha256: string
  /** What is in the archive's top folder comes to lie here. Its parent must be there, and root's. */
  path: string
}

const rootOnly = { mode: 0o700, owner: 'root', group: 'root' }
const forAll = { mode: 0o755, owner: 'root', group: 'root' }
const fetchSec = 900

/** The content of a `.tar.gz`, whole: a mark that is written last says which archive it was. curl fetches it. */
export function unpackedArchive({ url, sha256, path }: WantedArchive): Desired {
  const mark = `${path}/.ikoma-sha256`
  return async (host) => {
    const before = (await host.look(mark)) && (await host.read(mark))
    if (before?.trim() === sha256) return []
    if (process.execPath.startsWith(`${path}/`)) throw runningFrom(path)
    const fresh = (await host.look(path)) === null
    const unpack: Change = {
      title: `unpack ${url} to ${path}`,
      diff: null,
      apply: async (on) => {
        const archive = `${path}.tar.gz`
        try {
          await fetchArchive(on, archive, { url, sha256 })
          await on.makeDirectory(path, rootOnly)
          const place = ['--strip-components=1', '--directory', path, '--file', archive]
          // Root's tar would keep what the archive says: that programs are root for whoever starts them.
          const ours = ['--no-same-owner', '--no-same-permissions']
          await mustRun(on, { argv: ['tar', '--extract', '--gzip', ...ours, ...place], timeoutSec: fetchSec })
        } finally {
          await on.remove(archive)
        }
        await on.makeDirectory(path, forAll)
        await on.write(mark, { content: `${sha256}\n`, mode: 0o644, owner: 'root', group: 'root' })
      },
      undo: (on) => (fresh ? mustRun(on, { argv: ['rm', '--recursive', '--force', '--', path] }) : on.remove(mark)),
    }
    return [unpack]
  }
}

/** What would take away the program that we are. */
export function runningFrom(path: string): AppError {
  return new AppError('unprocessable', `IKOMA itself runs from ${path}. Install it with another Node.js first.`, {
    reason: 'runs_ikoma',
  })
}

async function fetchArchive(host: Host, archive: string, { url, sha256 }: Omit<WantedArchive, 'path'>): Promise<void> {
  const limits = ['--proto', '=https,http', '--max-time', String(fetchSec), '--max-filesize', '500000000']
  const options = ['--fail', '--silent', '--show-error', '--location', ...limits, '--output', archive]
  await mustRun(host, { argv: ['curl', ...options, '--', url], timeoutSec: fetchSec })
  const sum = await outputOf(host, { argv: ['sha256sum', '--', archive] })
  if (sum.split(' ')[0] === sha256) return
  throw new AppError('unprocessable', `${url} does not have the SHA-256 ${sha256}; nothing of it was used.`, {
    reason: 'checksum_mismatch',
  })
}
