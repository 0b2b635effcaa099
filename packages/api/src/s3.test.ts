import { expect, test } from 'vitest'
import { s3PlaceSchema } from './s3.ts'

const place = { bucket: 'backups', authFile: '/etc/ikoma/s3' }
const takes = (endpoint: string, plainHttp: boolean) =>
  s3PlaceSchema.safeParse({ ...place, endpoint, plainHttp }).success

const near = [
  'http://localhost:9000',
  'http://127.0.0.1:9000',
  'http://[::1]:9000',
  'http://10.1.2.3',
  'http://172.31.0.1',
  'http://192.168.1.1:3900',
  'http://[fd12:3456::1]',
]

test.each(near)('%s may go without TLS, when the order says so', (endpoint) => {
  expect([takes(endpoint, true), takes(endpoint, false)]).toEqual([true, false])
})

const far = [
  'http://s3.example.com',
  'http://minio',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'http://8.8.8.8',
  'http://172.32.0.1',
  'http://169.254.169.254',
  'http://[2001:db8::1]',
]

test.each(far)('%s may not', (endpoint) => expect(takes(endpoint, true)).toBe(false))

test.each(['https://s3.example.com', 'https://s3.example.com:9000', 'https://[2001:db8::1]:443', 'https://minio'])(
  '%s is taken',
  (endpoint) => expect(takes(endpoint, false)).toBe(true),
)

test.each([
  'ftp://s3.example.com',
  's3.example.com',
  'https://user:word@s3.example.com',
  'https://s3.example.com/backups',
  'https://s3.example.com?x',
  'https://s3.example.com:99999',
  'https://',
])('%s is none', (endpoint) => expect(takes(endpoint, true)).toBe(false))
