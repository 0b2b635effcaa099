import * as z from 'zod'
import { timeField } from './fields.ts'

/** What the control plane makes of its clock. */
export const clockSchema = z
  .object({
    now: timeField,
    steady: z.boolean().describe('False from a jump of the clock until it is believed again.'),
    jump: z
      .object({
        alarm: z.literal('clock_jumped'),
        state: z
          .enum(['unsettled', 'believed', 'returned'])
          .describe('A jump within the last minute; one that the clock went on from steadily; one that was undone.'),
        byMs: z.number().describe('How far from where it should be: ahead, or behind when negative.'),
        foundAt: timeField,
        expectedAt: timeField,
        held: z.array(z.enum(['pruning', 'expiry', 'schedules', 'claims'])).describe('What waits because of it.'),
        releasesAt: timeField
          .nullable()
          .describe(
            'When everything goes on by itself, if the clock does not jump again; null when a person must say so.',
          ),
      })
      .nullable(),
  })
  .meta({ id: 'Clock' })
export type ClockResource = z.infer<typeof clockSchema>
