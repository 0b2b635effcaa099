import { createTwoFilesPatch } from 'diff'
import type { Entry, FileAccess, FileContent, Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'

export interface WantedFile extends FileContent {
  path: string
  /** Its content is told to nobody, only that it differs. */
  secret?: boolean
}

/** A file with exactly this content, owner and mode. */
export function file({ path, secret = false, ...wanted }: WantedFile): Desired {
  return async (host) => {
    const before = await snapshot(host, path)
    if (before && before.content === wanted.content && sameAccess(before, wanted)) return []
    const diff = secret ? null : difference(path, before, wanted)
    return [
      {
        title: `${before ? 'change' : 'write'} ${path}`,
        diff,
        apply: (on) => on.write(path, wanted),
        undo: (on) => (before ? on.write(path, before) : on.remove(path)),
      },
    ]
  }
}

/** No file there. */
export function noFile(path: string, { secret = false } = {}): Desired {
  return async (host) => {
    const before = await snapshot(host, path)
    if (!before) return []
    const gone: Change = {
      title: `remove ${path}`,
      diff: secret ? null : difference(path, before, null),
      apply: (on) => on.remove(path),
      undo: (on) => on.write(path, before),
    }
    return [gone]
  }
}

export function sameAccess(entry: Pick<Entry, keyof FileAccess>, wanted: FileAccess): boolean {
  return entry.mode === wanted.mode && entry.owner === wanted.owner && entry.group === wanted.group
}

async function snapshot(host: Host, path: string): Promise<FileContent | null> {
  const entry = await host.look(path)
  if (!entry) return null
  const found = await host.readFile(path)
  // Of a link, what it leads to belongs to whoever it is: the link itself is what is replaced.
  const { mode, owner, group } = entry.kind === 'file' && found ? found : entry
  return { content: found?.content ?? '', mode, owner, group }
}

const maxDiffCharacters = 20_000

function difference(path: string, before: FileContent | null, after: FileContent | null): string {
  const header = (file: FileContent | null) => file && `${file.owner}:${file.group} ${file.mode.toString(8)}`
  const patch = createTwoFilesPatch(
    before ? path : '/dev/null',
    after ? path : '/dev/null',
    before?.content ?? '',
    after?.content ?? '',
    header(before) ?? '',
    header(after) ?? '',
  )
  return patch.length > maxDiffCharacters ? `${patch.slice(0, maxDiffCharacters)}\n(cut)` : patch
}
