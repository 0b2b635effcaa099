import * as z from 'zod'

/** Lines of a log, the last ones. */
export const logRange = {
  lines: z.number().int().min(1).max(1000).default(200).describe('How many lines to read at most, the last ones.'),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('The time of the oldest line to read; without it, as far back as the number of lines goes.'),
  until: z.iso.datetime({ offset: true }).optional().describe('The time of the youngest line to read; now by default.'),
}
