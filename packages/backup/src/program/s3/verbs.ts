import type { Answering, S3Verbs } from '../verbs.ts'
import { digestS3, getS3, listS3, putS3, readS3, removeS3, writeS3 } from './s3.ts'

export const verbs: Answering<S3Verbs> = {
  list: listS3,
  read: readS3,
  write: writeS3,
  put: putS3,
  get: getS3,
  digest: digestS3,
  remove: removeS3,
}
