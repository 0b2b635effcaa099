import * as z from 'zod'

export const hostField = z
  .string()
  .max(253)
  .regex(/^(?!-)[A-Za-z0-9.:_-]+$/, 'a host name or an IP address')

export const waitField = z
  .number()
  .int()
  .min(100)
  .max(30_000)
  .default(10_000)
  .describe('Milliseconds that an answer of the host is waited for.')
