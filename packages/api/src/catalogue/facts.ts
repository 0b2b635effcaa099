import * as z from 'zod'
import { orderType } from './order-type.ts'

export const systemFactsCollect = orderType({
  type: 'system.facts.collect',
  title: { en: 'Collect facts about the server', fr: 'Relever les caractéristiques du serveur' },
  requiredScope: 'system.facts.collect',
  risk: 'read',
  retryClass: 'idempotent',
  timeoutSec: 60,
  approval: false,
  payload: z.strictObject({}),
  output: z.object({
    hostname: z.string(),
    os: z.object({ id: z.string(), version: z.string(), name: z.string() }),
    kernel: z.string(),
    arch: z.string(),
    cpus: z.number().int(),
    loadAverage: z.array(z.number()),
    memory: z.object({ totalBytes: z.number(), availableBytes: z.number() }),
    disks: z.array(z.object({ mount: z.string(), totalBytes: z.number(), freeBytes: z.number() })),
    uptimeSec: z.number(),
    timeZone: z.string(),
    addresses: z.array(z.object({ name: z.string(), address: z.string(), family: z.string() })),
    initSystem: z.string(),
  }),
})
