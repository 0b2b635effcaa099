import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '@ikoma/machine/testing/self-signed'
import { describe, expect, onTestFinished, test } from 'vitest'
import { s3Account, startFakeS3, writeAccount } from '../../testing/fake-s3.ts'
import { digestS3, listS3, putS3, readS3, removeS3 } from './s3.ts'
import { sealOf } from './seal.ts'

async function setup({ tls = false, pageSize = 1_000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ikoma-s3-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const certificate = tls ? selfSigned(['localhost'], 2) : null
  const store = await startFakeS3({ pageSize, ...(certificate ? { tls: certificate } : {}) })
  const authFile = join(folder, 's3')
  writeAccount(authFile)
  const { endpoint, bucket, region, objects } = store
  const s3 = { endpoint, bucket, region, prefix: 'ikoma', authFile, plainHttp: !tls }
  return {
    folder,
    certificate,
    store,
    authFile,
    shelf: { s3, name: 'app' },
    put: (key: string, text = 'text') => void objects.set(key, { body: Buffer.from(text), headers: {} }),
  }
}

/** What it rejects with; fails when it does not. */
async function problemOf(asked: Promise<unknown>) {
  const answer = await asked.then(
    (value) => ({ value }),
    (error: { reason?: string; message: string }) => error,
  )
  expect(answer).toBeInstanceOf(Error)
  const { reason, message } = answer as { reason?: string; message: string }
  return { reason, message }
}

const textDigest = { bytes: 4, sha256: '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1' }

describe('a list', () => {
  test('has all pages of one name, and nothing of another', async () => {
    const { shelf, put, store } = await setup({ pageSize: 2 })
    const files = ['a.json', 'b c+d&é%.gz', 'e', 'f', 'g']
    for (const file of files) put(`ikoma/app/${file}`)
    for (const other of ['ikoma/app2/x', 'ikoma/x', 'x']) put(other)
    expect(await listS3(shelf)).toEqual(files)
    expect(store.asked).toHaveLength(3)
  })

  test('of nothing is empty', async () => {
    const { shelf } = await setup()
    expect(await listS3(shelf)).toEqual([])
  })
})

test('files are read to their last byte, are missing, and are removed', async () => {
  const { shelf, put } = await setup()
  put('ikoma/app/a')
  expect(await digestS3({ ...shelf, files: ['a', 'none'] })).toEqual([textDigest, null])
  expect(await readS3({ ...shelf, file: 'none' })).toBeNull()
  await removeS3({ ...shelf, file: 'a' })
  await removeS3({ ...shelf, file: 'a' })
  expect(await listS3(shelf)).toEqual([])
})

describe('a text', () => {
  const text = '{"id":"a"}'

  test('is read only under the seal of its place', async () => {
    const { shelf, store } = await setup()
    const seal = (more: object = {}, file = 'a.json') =>
      sealOf('f'.repeat(64), { ...shelf, s3: { ...shelf.s3, ...more }, file }, text)
    const put = (sealed: string) =>
      void store.objects.set('ikoma/app/a.json', {
        body: Buffer.from(text),
        headers: { 'x-amz-meta-ikoma-seal': sealed },
      })
    put(seal())
    expect(await readS3({ ...shelf, file: 'a.json' })).toBe(text)
    for (const wrong of [seal({ bucket: 'other' }), seal({ prefix: 'other' }), seal({}, 'b.json'), '', 'v2:']) {
      put(wrong)
      expect(await problemOf(readS3({ ...shelf, file: 'a.json' }))).toMatchObject({ reason: 'backup_damaged' })
    }
  })

  test('of a former version is read', async () => {
    const { shelf, store } = await setup()
    const former = createHmac('sha256', 'f'.repeat(64)).update(`app/a.json\n${text}`).digest('hex')
    const headers = { 'x-amz-meta-ikoma-seal': former }
    store.objects.set('ikoma/app/a.json', { body: Buffer.from(text), headers })
    expect(await readS3({ ...shelf, file: 'a.json' })).toBe(text)
  })
})

test('more than S3 takes in one request is refused before any of it is sent', async () => {
  const { shelf, store } = await setup()
  const sent = { ...textDigest, bytes: 5 * 1024 ** 3 + 1 }
  expect(await problemOf(putS3({ ...shelf, file: 'a', sent }))).toMatchObject({ reason: 'too_large_for_s3' })
  expect(store.asked).toEqual([])
})

describe('what the store says no to', () => {
  const refusals = [
    { name: 'another secret', account: { aws_secret_access_key: 'wrong' }, code: '403 SignatureDoesNotMatch' },
    { name: 'another account', account: { aws_access_key_id: 'WRONG' }, code: '403 InvalidAccessKeyId' },
    { name: 'another region', s3: { region: 'mars-1' }, code: '400 AuthorizationHeaderMalformed' },
    { name: 'another bucket', s3: { bucket: 'other' }, code: '404 NoSuchBucket' },
  ]
  test.each(refusals)('is told once: $name', async ({ account = {}, s3 = {}, code }) => {
    const { shelf, authFile, store } = await setup()
    writeAccount(authFile, account)
    const asked = digestS3({ ...shelf, s3: { ...shelf.s3, ...s3 }, files: ['a'] })
    const { reason, message } = await problemOf(asked)
    expect(reason).toBe('s3_refused')
    expect(message).toContain(code)
    expect(message).not.toContain(s3Account.accessKeyId)
    expect(store.asked).toHaveLength(1)
  })

  test.each([
    [{ status: 301, code: 'PermanentRedirect' }, 's3_refused', 1],
    [{ status: 507, code: 'XMinioStorageFull' }, 'bucket_full', 1],
    [{ status: 503, code: 'SlowDown' }, 's3_unavailable', 4],
    [{ cut: 'before' }, 'connection_reset', 4],
    [{ cut: 'within' }, 'connection_reset', 4],
  ] as const)('%j ends as %s after %i attempts', async (misdeed, reason, attempts) => {
    const { shelf, put, store } = await setup()
    put('ikoma/app/a')
    store.failWith(() => misdeed)
    expect(await problemOf(digestS3({ ...shelf, files: ['a'] }))).toMatchObject({ reason })
    expect(store.asked).toHaveLength(attempts)
  })
})

test.each([{ status: 503, code: 'SlowDown' }, { status: 500, code: 'InternalError' }, { cut: 'within' }] as const)(
  'what passes is asked again, from the first byte: %j',
  async (misdeed) => {
    const { shelf, put, store } = await setup()
    put('ikoma/app/a')
    store.failWith(() => (store.asked.length < 3 ? misdeed : null))
    expect(await digestS3({ ...shelf, files: ['a'] })).toEqual([textDigest])
  },
)

describe('TLS', () => {
  test('is only spoken with whom an authority vouches for', async () => {
    const { shelf, store } = await setup({ tls: true })
    expect(await problemOf(listS3(shelf))).toMatchObject({ reason: 'tls_failed' })
    expect(store.asked).toEqual([])
  })

  test('may have an authority of its own', async () => {
    const { folder, certificate, shelf, put } = await setup({ tls: true })
    const rootFile = join(folder, 'root.pem')
    writeFileSync(rootFile, certificate?.certificate ?? '')
    put('ikoma/app/a')
    expect(await listS3({ ...shelf, s3: { ...shelf.s3, rootFile } })).toEqual(['a'])
  })
})

describe("the account's file", () => {
  test.each([
    ['no line of it', 'nothing = here\n', 'ikoma_seal'],
    ['a short seal', 'aws_access_key_id = a\naws_secret_access_key = b\nikoma_seal = short\n', 'openssl rand -hex 32'],
    ['two accounts', `ikoma_seal = ${'f'.repeat(64)}\naws_access_key_id = a\naws_access_key_id = b\n`, 'one account'],
  ])('is refused with %s, before anything is sent', async (_, text, told) => {
    const { shelf, authFile, store } = await setup()
    writeFileSync(authFile, text)
    const { reason, message } = await problemOf(listS3(shelf))
    expect([reason, message]).toEqual(['auth_file_refused', expect.stringContaining(told)])
    expect(store.asked).toEqual([])
  })
})
