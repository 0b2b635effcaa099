import * as z from 'zod'

/** What every type that changes a machine answers. In a dry run nothing was changed, and `changes` is the plan. */
export const changeOutput = z.object({
  changed: z.boolean(),
  changes: z.array(z.object({ title: z.string(), diff: z.string().nullable() })),
})
export type ChangeOutput = z.infer<typeof changeOutput>
