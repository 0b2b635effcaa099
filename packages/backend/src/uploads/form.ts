import multipart from '@fastify/multipart'
import { AppError } from '@ikoma/kernel'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Upload, Uploads } from './index.ts'

/** The routes that `add` makes take multipart forms; all others refuse them as before. */
export async function registerUploadForms(app: FastifyInstance, add: (scope: FastifyInstance) => void): Promise<void> {
  await app.register(async (scope) => {
    const limits = { files: 1, fields: 10, parts: 11, fieldNameSize: 100, fieldSize: 10_000, headerPairs: 20 }
    await scope.register(multipart, { limits, throwFileSizeLimit: false })
    add(scope)
  })
}

/** The one file of a form. Its size is bounded as it comes, before anything is kept of it. */
export async function readUploadForm(request: FastifyRequest, uploads: Uploads, ownerId: string): Promise<Upload> {
  if (!request.isMultipart()) throw noFile()
  // One byte more than is taken, so that what is refused is refused by one rule.
  const part = await request.file({ limits: { fileSize: uploads.maxBytes + 1 } })
  if (!part) throw noFile()
  return uploads.receive({ ownerId, stream: part.file, type: part.mimetype, name: part.filename ?? '' })
}

function noFile(): AppError {
  const fields = [{ field: 'file', message: 'is missing' }]
  const message = 'Send one file, as a form (multipart/form-data).'
  return new AppError('invalid', message, { reason: 'upload_missing', fields })
}
