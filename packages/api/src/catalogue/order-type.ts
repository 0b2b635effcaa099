import type { OrderType } from '@ikoma/domain'
import type { z } from 'zod'

/** A catalogue entry: what an order of this type takes, tells and risks. */
export interface CatalogueEntry<P extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> extends OrderType {
  title: { en: string; fr: string }
  /** Done as root, by the executor where there is one. */
  privileged?: boolean
  /** Orders with the same turn never run at the same time on a server: each would undo what the other does. */
  turn?: string
  payload: P
  /** `output` of a successful report. */
  output: O
}

/** Keeps the schemas' own types, so that an action is checked against its payload and output. */
export function orderType<P extends z.ZodType, O extends z.ZodType>(entry: CatalogueEntry<P, O>): CatalogueEntry<P, O> {
  return entry
}
