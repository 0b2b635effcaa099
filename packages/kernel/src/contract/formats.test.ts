import { expect, test } from 'vitest'
import { type Format, readings } from './formats.ts'

// What those who read the variable take: a contract that refuses it cannot be met.
const taken: [format: Format, texts: string[]][] = [
  ['url', ['https://key@o1.ingest.sentry.io/2', 'http://litellm:4000/v1']],
  ['postgres-url', ['postgres://app:p%40ss@db:5432/app', 'postgresql://app@[::1]/app?sslmode=require']],
  ['redis-url', ['redis://:p%40ss@cache:6379/0', 'rediss://user:word@cache']],
  ['smtp-url', ['smtp://mail.example.org:587', 'smtps://me:p%40ss@mail.example.org', 'smtp://127.0.0.1:1025?tls=none']],
]
const refused: [format: Format, texts: string[]][] = [
  ['url', ['smtp://mail.example.org', 'example.org', 'https://']],
  ['postgres-url', ['mysql://a@b/c', 'postgres://db']],
  ['redis-url', ['cache:6379', 'http://cache']],
  ['smtp-url', ['https://mail.example.org', 'mail.example.org:25', 'smtp://', 'smtp://mail.example.org:0']],
]

test.each(taken.flatMap(([format, texts]) => texts.map((text) => [format, text] as const)))(
  '%s takes %s',
  (format, text) => {
    expect(readings[format].read(text, false)).toBe(text)
  },
)

test.each(refused.flatMap(([format, texts]) => texts.map((text) => [format, text] as const)))(
  '%s refuses %s',
  (format, text) => {
    expect(readings[format].read(text, false)).toBeNull()
  },
)
