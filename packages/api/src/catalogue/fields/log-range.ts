import * as z from 'zod'

/** Lines of a log, the last ones. */
export const logRange = {
  lines: z.number().int().min(1).max(1000).default(200),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
}
