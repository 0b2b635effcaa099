import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OrderArchive } from './order-archive.ts'

const noon = Date.UTC(2026, 0, 15, 12)
const dayMs = 24 * 3_600_000

function setup() {
  const parent = mkdtempSync(join(tmpdir(), 'ikoma-archive-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const folder = join(parent, 'new', 'folder')
  const archive = new OrderArchive(folder)
  return {
    folder,
    archive,
    append: (text: string, now = noon) => archive.append(now, piecesOf(text)),
    today: join(folder, 'orders-2026-01-15.ndjson'),
    read: () => readFileSync(join(folder, 'orders-2026-01-15.ndjson'), 'utf8'),
  }
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 7) yield text.slice(at, at + 7)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('batches follow each other in one file a UTC day, and each says where it is', async () => {
  const { append, read, folder, today } = setup()
  const batches = ['{"id":"a"}\n{"id":"é"}\n', '{"id":"c"}\n']
  const [first, second] = [await append(batches[0] ?? ''), await append(batches[1] ?? '')]
  expect(read()).toBe(batches.join(''))
  expect(first).toEqual({ file: 'orders-2026-01-15.ndjson', offset: 0, bytes: 23, sha256: sha256(batches[0] ?? '') })
  expect(second).toMatchObject({ offset: 23, bytes: 11, sha256: sha256(batches[1] ?? '') })
  expect(await append('{"id":"d"}\n', noon + dayMs)).toMatchObject({ file: 'orders-2026-01-16.ndjson', offset: 0 })
  expect([statSync(today).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
})

test('a batch of many megabytes arrives whole', async () => {
  const { append, read } = setup()
  const text = `{"log":"${'é'.repeat(3_000_000)}"}\n`
  await append(text)
  expect(read() === text).toBe(true)
})

test.each([
  ['{"id":"a"}\n', '{"id":"b","lo'],
  ['{"id":"a"}\n', `{"log":"${'x'.repeat(300_000)}`],
  ['', '{"id'],
  ['\n', '{"id'],
  ['{"id":"a"}\n', ''],
])('what a crash left half written after %j is cut off', async (whole, torn) => {
  const { append, read, today } = setup()
  await append('')
  writeFileSync(today, whole + torn)
  expect(await append('{"id":"b"}\n')).toMatchObject({ offset: whole.length })
  expect(read()).toBe(`${whole}{"id":"b"}\n`)
})

test('a batch that fails half way leaves nothing', async () => {
  const { archive, append, read } = setup()
  await append('{"id":"a"}\n')
  async function* failing() {
    yield `${'x'.repeat(200_000)}\n`
    throw new Error('the store is gone')
  }
  await expect(archive.append(noon, failing())).rejects.toThrow('the store is gone')
  expect(read()).toBe('{"id":"a"}\n')
})

test('a full disk is an error', async () => {
  const { append, today, folder } = setup()
  await append('', noon + dayMs)
  expect(existsSync(folder)).toBe(true)
  symlinkSync('/dev/full', today)
  await expect(append('{"id":"a"}\n')).rejects.toMatchObject({ code: 'ENOSPC' })
})

test('somebody else who writes to the file is noticed, and loses nothing', async () => {
  const { archive, append, read, today } = setup()
  await append('{"id":"a"}\n')
  async function* disturbed() {
    yield '{"id":"b"}\n'
    appendFileSync(today, '{"id":"theirs"}\n')
  }
  await expect(archive.append(noon, disturbed())).rejects.toThrow('does not hold what was written')
  expect(read()).toContain('{"id":"theirs"}\n')
})

/** Opens as the system does, and notes what was written and what was brought to disk, in order. */
function watched() {
  const seen: string[] = []
  const opened = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
    const name = basename(String(args[0]))
    const file = await open(...args)
    const [sync, append] = [file.sync.bind(file), file.appendFile.bind(file)]
    const noted = async (verb: string, work: Promise<void>) => {
      await work
      seen.push(`${verb} ${name}`)
    }
    return Object.assign(file, {
      sync: () => noted('sync', sync()),
      appendFile: (...given: Parameters<typeof append>) => noted('append', append(...given)),
    })
  }
  return { seen, opened }
}

test('the bytes of a batch, its name, its folder and the folders above are on disk before it is said to be', async () => {
  const { folder } = setup()
  const { seen, opened } = watched()
  await new OrderArchive(folder, opened).append(noon, piecesOf('{"id":"a"}\n'), 'iko_head.2.a.b')
  const day = 'orders-2026-01-15'
  expect(seen).toEqual([
    'sync new',
    `sync ${basename(join(folder, '..', '..'))}`,
    `append ${day}.heads`,
    `sync ${day}.heads`,
    `append ${day}.ndjson`,
    `sync ${day}.ndjson`,
    'sync folder',
  ])
})

test('a folder that a crash left behind is made sure of, once', async () => {
  const { folder, append } = setup()
  await append('')
  const { seen, opened } = watched()
  const archive = new OrderArchive(folder, opened)
  await archive.append(noon, piecesOf('{"id":"a"}\n'))
  expect([seen[0], seen.at(-1)]).toEqual(['sync new', 'sync folder'])
  seen.length = 0
  await archive.append(noon, piecesOf('{"id":"b"}\n'))
  expect(seen).toEqual(['append orders-2026-01-15.ndjson', 'sync orders-2026-01-15.ndjson'])
})

test('what a disk gives back otherwise is refused, and taken back', async () => {
  const { folder, append, read } = setup()
  await append('{"id":"a"}\n')
  const lying = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
    const file = await open(...args)
    const appendFile = async (blocks: AsyncIterable<Buffer>) => {
      for await (const block of blocks) await file.write(Buffer.alloc(block.length, 'x'))
    }
    return Object.assign(file, { appendFile: appendFile as FileHandle['appendFile'] })
  }
  const batch = new OrderArchive(folder, lying).append(noon, piecesOf('{"id":"b"}\n'))
  await expect(batch).rejects.toThrow('does not hold what was written')
  expect(read()).toBe('{"id":"a"}\n')
})
