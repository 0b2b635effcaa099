import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createClamScanner, uploadHeaders } from './index.ts'
import { findingOf } from './scanner.ts'
import { eicar } from './testing/eicar.ts'
import { html, png, quiet, sized, uploadWorlds } from './testing/upload-world.ts'

const setup = uploadWorlds()

test('a clean file is kept under a name of ours, for us alone, and read again', async () => {
  const { uploads, folder, receive, left, clamd } = await setup()
  const upload = await receive(png, { name: '../../etc/pass\r\nwd \u202Egnp.exe' })
  expect(upload).toMatchObject({ ownerId: 'ada', type: 'image/png', bytes: png.length, name: 'pass wd gnp.exe' })
  expect(left()).toEqual([upload.id])
  expect(statSync(join(folder, 'clean', upload.id)).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'clean')).mode & 0o777).toBe(0o700)
  expect(clamd.scanned).toBe(png.length)
  const { stream, upload: found } = await uploads.open(upload.id)
  expect(await buffer(stream)).toEqual(png)
  expect(found.sha256).toBe(upload.sha256)
  await uploads.delete(upload.id)
  expect(left()).toEqual([])
  await expect(uploads.open(upload.id)).rejects.toMatchObject({ code: 'not_found' })
})

test.each(['../incoming/x', '..%2f..%2fetc', '', 'x'.repeat(5000), '00000000-0000-0000-0000-00000000000/'])(
  'an id that is none is no path: %j',
  async (id) => {
    const { uploads } = await setup()
    await expect(uploads.open(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(uploads.delete(id)).rejects.toMatchObject({ code: 'not_found' })
  },
)

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')

test.each([
  ['a PNG that says it is a PDF', png, 'application/pdf'],
  ['HTML that says it is a PNG', html, 'image/png'],
  ['HTML that says it is text', html, 'text/plain'],
  ['HTML behind a mark and spaces, as text', Buffer.concat([Buffer.from('\uFEFF \n'), html]), 'text/plain'],
  ['HTML', html, 'text/html'],
  ['SVG', svg, 'image/svg+xml'],
  ['SVG that says it is a PNG', svg, 'image/png'],
  ['a program that says it is text', Buffer.from('\x7fELF\x02\x01\x01\0\0'), 'text/plain'],
  ['a PDF that says it is text', Buffer.from('%PDF-1.4\n'), 'text/plain'],
  ['bytes that say they are text', Buffer.from([0xff, 0x41, 0x80]), 'text/plain'],
  ['nothing that says it is a PNG', Buffer.alloc(0), 'image/png'],
  ['no type', png, ''],
  ['a type of the prototype', png, 'constructor'],
])('refused, and nothing is left: %s', async (_, body, type) => {
  const { receive, left } = await setup()
  await expect(receive(body, { type })).rejects.toMatchObject({ code: 'unprocessable', reason: 'upload_type' })
  expect(left()).toEqual([])
})

test('SVG is taken where it is asked for, and text and aliases by what they are', async () => {
  const { receive } = await setup({ types: ['image/svg+xml', 'text/plain', 'image/png'] })
  expect(await receive(svg, { type: 'image/svg+xml' })).toMatchObject({ type: 'image/svg+xml' })
  expect(await receive(Buffer.from('é, 1 < 2\n'), { type: 'text/plain; charset=utf-8' })).toMatchObject({
    type: 'text/plain',
  })
  await expect(receive(png, { type: 'image/svg+xml' })).rejects.toMatchObject({ reason: 'upload_type' })
})

test('a file of the most bytes is taken, one more is too large, and nothing of it is left', async () => {
  const { receive, left } = await setup()
  expect(await receive(sized(1000))).toMatchObject({ bytes: 1000 })
  await expect(receive(sized(1001))).rejects.toMatchObject({ code: 'too_large', reason: 'upload_too_large' })
  expect(left()).toHaveLength(1)
})

test('a stream without an end is stopped at the bound', async () => {
  const { receive, left } = await setup()
  let sent = 0
  const endless = new Readable({
    read() {
      sent += 100
      this.push(Buffer.alloc(100))
    },
  })
  await expect(receive(endless)).rejects.toMatchObject({ reason: 'upload_too_large' })
  expect(sent).toBeLessThan(100_000)
  expect(endless.destroyed).toBe(true)
  expect(left()).toEqual([])
})

test('an owner has its quota and no more, of many at once, and what others have does not count', async () => {
  // All are found clean at the same moment, so that all come to the count at once.
  let [waiting, letGo] = [0, () => {}]
  const together = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const scan = async () => {
    waiting += 1
    if (waiting === 5) letGo()
    await together
    return 'clean' as const
  }
  const { receive, left, uploads } = await setup({ scanner: { scan } })
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => receive(sized(900))))
  const [first] = all.filter((each) => each.status === 'fulfilled')
  expect(all.filter((each) => each.status === 'fulfilled')).toHaveLength(2)
  expect(all.find((each) => each.status === 'rejected')).toMatchObject({
    reason: { code: 'too_large', reason: 'upload_quota' },
  })
  expect(left()).toHaveLength(2)
  expect(await receive(sized(900), { ownerId: 'bob' })).toMatchObject({ bytes: 900 })
  await uploads.delete(first?.status === 'fulfilled' ? first.value.id : '')
  expect(await receive(sized(900))).toMatchObject({ bytes: 900 })
})

test('a virus is refused, and nothing is left of it', async () => {
  const { receive, left } = await setup()
  await expect(receive(Buffer.from(eicar), { type: 'text/plain' })).rejects.toMatchObject({ reason: 'upload_infected' })
  await expect(receive(Buffer.concat([png, Buffer.from(eicar)]))).rejects.toMatchObject({ reason: 'upload_infected' })
  expect(left()).toEqual([])
})

test.each(['says error', 'says nonsense', 'says nothing', 'hangs up', 'hangs up at once'] as const)(
  'a scanner that %s has not said clean',
  async (mood) => {
    const { receive, left, clamd } = await setup()
    clamd.mood = mood
    await expect(receive(png)).rejects.toMatchObject({ code: 'unavailable', reason: 'upload_not_scanned' })
    expect(left()).toEqual([])
  },
)

test('a scanner that is not there has not said clean', async () => {
  const scanner = createClamScanner({ at: { socket: '/nonexistent/clamd.sock' }, log: quiet, timeoutMs: 300 })
  const { receive, left } = await setup({ scanner })
  await expect(receive(png)).rejects.toMatchObject({ reason: 'upload_not_scanned' })
  expect(left()).toEqual([])
})

test('only false is clean', () => {
  const answers = [false, true, null, undefined, 0, '', 'false', NaN, [], {}]
  expect(answers.map(findingOf)).toEqual(['clean', 'infected', ...Array(8).fill('unknown')])
})

test('nothing can be read of a file while it is looked at', async () => {
  const seen: string[] = []
  const { receive, uploads, folder } = await setup({
    scanner: {
      async scan(file) {
        const id = file.split('/').at(-1) ?? ''
        seen.push(...readdirSync(join(folder, 'clean')), String(await uploads.find(id)))
        return 'clean'
      },
    },
  })
  await receive(png)
  expect(seen).toEqual(['null'])
})

test('what a killed process left is swept, what is under way or kept is not', async () => {
  const { receive, uploads, folder, clock, left } = await setup()
  const { id } = await receive(png)
  mkdirSync(join(folder, 'clean', 'folder'))
  for (const each of ['incoming/old', 'incoming/new', 'clean/orphan']) writeFileSync(join(folder, each), 'x')
  clock.at = Date.now()
  const old = new Date(clock.at - 3_600_001)
  for (const each of ['incoming/old', 'clean/orphan', `clean/${id}`]) utimesSync(join(folder, each), old, old)
  await uploads.sweep()
  expect(left().sort()).toEqual(['folder', 'new', id].sort())
})

test('a browser saves what is served, and neither guesses nor runs it', () => {
  const headers = uploadHeaders({ type: 'image/png', name: `l'été "1"; a=b.png`, bytes: 3 })
  expect(headers['content-disposition']).toBe(
    `attachment; filename="l__t___1___a_b.png"; filename*=UTF-8''l%27%C3%A9t%C3%A9%20%221%22%3B%20a%3Db.png`,
  )
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-type': 'image/png' })
})
