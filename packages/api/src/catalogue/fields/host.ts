import * as z from 'zod'

export const hostField = z
  .string()
  .max(253)
  .regex(/^(?!-)[A-Za-z0-9.:_-]+$/, 'a host name or an IP address')

/** How long an answer of that host is waited for, in milliseconds. */
export const waitField = z.number().int().min(100).max(30_000).default(10_000)
