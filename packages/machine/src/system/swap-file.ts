import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import { mustRun, outputOf } from '../must-run.ts'
import type { Change, Desired } from '../plan.ts'
import { belongsTo, refuseForeignFolders } from '../safety/index.ts'
import { ownAccount } from './accounts.ts'
import { file } from './file.ts'
import { withSwapFile } from './fstab.ts'

export interface WantedSwap {
  path: string
  sizeMib: number
}

interface SwapState {
  /** Null when nothing is there. */
  sizeMib: number | null
  active: boolean
}

const fstab = '/etc/fstab'
const rootOnly = { mode: 0o600, owner: 'root', group: 'root' }
const mebibyte = 1024 * 1024
/** What a server needs to go on: logs, a package, a database that grows. */
const spareMib = 512
const writeSec = 1_500

/** A swap file of this size that is in use, now and after a boot. */
export function swapFile({ path, sizeMib }: WantedSwap): Desired {
  return async (host) => {
    const { owner: self } = await ownAccount()
    await refuseForeignFolders(host, path, self)
    const before = await readSwap(host, path)
    const there = await host.look(path)
    if (there !== null && !belongsTo(there, self)) throw ofAnother(path, there.owner)
    const changes: Change[] = []
    if (before.sizeMib !== sizeMib) {
      await needSpace(host, path, sizeMib)
      changes.push(replacement(path, before, sizeMib))
    }
    if (before.sizeMib !== sizeMib || !before.active) changes.push(use(path))
    const entry = await host.look(fstab)
    const access = entry ?? { mode: 0o644, owner: 'root', group: 'root' }
    const { mode, owner, group } = access
    const content = withSwapFile((await host.read(fstab)) ?? '', path)
    return [...changes, ...(await file({ path: fstab, content, mode, owner, group })(host))]
  }
}

/** Its owner would read what the memory of everybody holds. */
function ofAnother(path: string, owner: string): AppError {
  return new AppError('unprocessable', `${path} belongs to ${owner}. A swap file is root's: name another path.`, {
    reason: 'owned_by_another',
  })
}

function replacement(path: string, before: SwapState, sizeMib: number): Change {
  const size = before.sizeMib
  return {
    title: size === null ? `make a swap file ${path} of ${sizeMib} MiB` : `give the swap file ${path} ${sizeMib} MiB`,
    diff: size === null ? null : `-${size} MiB\n+${sizeMib} MiB`,
    apply: (on) => replace(on, path, sizeMib),
    undo: async (on) => {
      if (size === null) return on.remove(path)
      await replace(on, path, size)
      if (before.active) await use(path).apply(on)
    },
  }
}

/** A change by itself: where the kernel takes no swap, as in many containers, the file is taken back. */
function use(path: string): Change {
  return {
    title: `use ${path} as swap`,
    diff: null,
    apply: (on) => mustRun(on, { argv: ['swapon', '--', path] }),
    undo: (on) => mustRun(on, { argv: ['swapoff', '--', path] }),
  }
}

/** The new file is whole before the old one is given up; a file with holes, as fallocate makes some, is no swap. */
async function replace(host: Host, path: string, sizeMib: number): Promise<void> {
  const draft = `${path}.ikoma`
  await host.write(draft, { content: '', ...rootOnly })
  try {
    const size = ['bs=1M', `count=${sizeMib}`, 'conv=notrunc,fsync', 'status=none']
    await mustRun(host, { argv: ['dd', 'if=/dev/zero', `of=${draft}`, ...size], timeoutSec: writeSec })
    await mustRun(host, { argv: ['mkswap', '--', draft] })
    if (await isUsed(host, path)) await mustRun(host, { argv: ['swapoff', '--', path], timeoutSec: writeSec })
    await mustRun(host, { argv: ['mv', '--no-target-directory', '--', draft, path] })
  } finally {
    await host.remove(draft)
  }
}

async function readSwap(host: Host, path: string): Promise<SwapState> {
  const active = await isUsed(host, path)
  const entry = await host.look(path)
  if (entry === null) return { sizeMib: null, active: false }
  if (entry.kind !== 'file' || !(active || (await isSwap(host, path)))) {
    const message = `${path} is there and is no swap file. Name another path, or move it away first.`
    throw new AppError('unprocessable', message, { reason: 'not_a_swap_file' })
  }
  const bytes = Number(await outputOf(host, { argv: ['stat', '--format=%s', '--', path] }))
  return { sizeMib: bytes / mebibyte, active }
}

async function isUsed(host: Host, path: string): Promise<boolean> {
  const used = await outputOf(host, { argv: ['swapon', '--show=NAME', '--noheadings', '--raw'] })
  return used.split('\n').includes(path)
}

async function isSwap(host: Host, path: string): Promise<boolean> {
  const { stdout } = await host.run({
    argv: ['blkid', '--probe', '--match-tag', 'TYPE', '--output', 'value', '--', path],
  })
  return stdout.trim() === 'swap'
}

async function needSpace(host: Host, path: string, sizeMib: number): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/'
  const listed = await outputOf(host, { argv: ['df', '--output=avail', '--block-size=1M', '--', folder] })
  const freeMib = Number(listed.trim().split('\n').at(-1))
  if (freeMib >= sizeMib + spareMib) return
  const message = `${folder} has ${freeMib} MiB free, too little for a swap file of ${sizeMib} MiB and ${spareMib} MiB to spare.`
  throw new AppError('unprocessable', message, { reason: 'no_space' })
}
