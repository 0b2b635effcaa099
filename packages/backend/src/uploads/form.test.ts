import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createHttpApp } from '@ikoma/kernel/http'
import { expect, onTestFinished, test } from 'vitest'
import { readUploadForm, registerUploadForms, type UploadsOptions } from './index.ts'
import { html, png, quiet, sized, uploadWorlds } from './testing/upload-world.ts'

const setup = uploadWorlds()

async function served(patch: Partial<UploadsOptions> = {}) {
  const world = await setup(patch)
  const app = await createHttpApp({
    log: quiet,
    title: 'T',
    version: '1',
    description: '',
    authorize: () => undefined,
    bodyLimitBytes: 1_000_000,
    corsOrigins: [],
    trustProxy: [],
    publicRateLimit: 100,
    securitySchemes: {},
  })
  const failed: unknown[] = []
  await registerUploadForms(app, (scope) => {
    scope.post('/files', { config: { access: 'public' } }, async (request) => {
      try {
        return await readUploadForm(request, world.uploads, 'ada')
      } catch (error) {
        failed.push(error)
        throw error
      }
    })
  })
  onTestFinished(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { ...world, app, port, failed }
}

function form(body: Buffer, name = 'bay.png', type = 'image/png') {
  const data = new FormData()
  data.set('note', 'before')
  data.set('file', new File([new Uint8Array(body)], name, { type }))
  return data
}

test('a form’s file is received, and refusals are answers', async () => {
  const { port, left } = await served()
  const post = (body: RequestInit['body']) =>
    fetch(`http://127.0.0.1:${port}/files`, { method: 'POST', body: body ?? null })
  const done = await post(form(png, '../bay.png'))
  expect([done.status, ((await done.json()) as { name: string }).name]).toEqual([200, 'bay.png'])
  expect((await post(form(sized(1001)))).status).toBe(413)
  expect((await post(form(sized(200_000)))).status).toBe(413)
  expect((await post(form(html))).status).toBe(422)
  expect((await post('{}')).status).toBe(415)
  expect((await post(new FormData())).status).toBe(400)
  expect(left()).toHaveLength(1)
})

test('a caller that goes away in the middle leaves nothing', async () => {
  const { port, left, failed, folder } = await served({ maxBytes: 500_000, quotaBytes: 1_000_000 })
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': '400000' }
  const request = httpRequest({ port, host: '127.0.0.1', path: '/files', method: 'POST', headers })
  request.on('error', () => undefined)
  request.write(
    '--b\r\ncontent-disposition: form-data; name="file"; filename="bay.png"\r\ncontent-type: image/png\r\n\r\n',
  )
  request.write(sized(200_000))
  await expect
    .poll(() => left().map((name) => readFileSync(join(folder, 'incoming', name)).length)[0] ?? 0)
    .toBeGreaterThan(0)
  request.destroy()
  await expect.poll(() => failed.length).toBe(1)
  expect(failed[0]).toMatchObject({ reason: 'upload_aborted' })
  expect(left()).toEqual([])
})
