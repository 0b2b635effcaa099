import type { OrderType } from '@ikoma/domain'
import type { z } from 'zod'
import { changeOutput } from './change-output.ts'

/** A catalogue entry: what an order of this type takes, tells and risks. */
export interface CatalogueEntry<P extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> extends OrderType {
  title: { en: string; fr: string }
  /** How it answers in each situation: docs/order-types.md says it once for each. */
  shape: Shape
  /** What an order that is stopped half-way leaves; without it, everything is taken back. */
  staysAfterStop?: string
  /** Done as root, by the executor where there is one. */
  privileged: boolean
  /** Orders with the same turn never run at the same time on a server: each would undo what the other does. */
  turn?: string
  payload: P
  /** A valid payload, to copy and adapt. */
  example: z.input<P>
  /** `output` of a successful report. */
  output: O
}

/** Only looks, makes something so, or does something each time (a restart, a backup). */
export type Shape = 'look' | 'change' | 'act'

/** What an entry says itself; its name, scope and approval come from the family and the risk. */
interface Own<P extends z.ZodType> {
  title: { en: string; fr: string }
  /** Null where every runner may do it, whatever its scopes; otherwise the scope is the type's own name. */
  requiredScope?: null
  timeoutSec?: number
  staysAfterStop?: string
  turn?: string
  payload: P
  example: NoInfer<z.input<P>>
}

interface Change<P extends z.ZodType> extends Own<P> {
  risk?: 'destructive'
}

interface Unnamed<P extends z.ZodType, O extends z.ZodType> extends Omit<CatalogueEntry<P, O>, keyof Named> {
  requiredScope?: null
}

type Named = Pick<CatalogueEntry, 'type' | 'requiredScope' | 'approval'>

/** Order types by name. Keeps the schemas' own types, so that an action is checked against its payload and output. */
export function family<F extends Record<string, Unnamed<z.ZodType, z.ZodType>>>(entries: F) {
  const named = Object.entries(entries).map(([type, entry]): [string, CatalogueEntry] => [
    type,
    { type, requiredScope: type, approval: entry.risk === 'destructive', ...entry },
  ])
  return Object.fromEntries(named) as { [T in keyof F]: CatalogueEntry<F[T]['payload'], F[T]['output']> }
}

/** Only looks: it may be run again at will. */
export function look<P extends z.ZodType, O extends z.ZodType>(
  own: Own<P> & { output: O; privileged?: true },
): Unnamed<P, O> {
  return { shape: 'look', risk: 'read', retryClass: 'idempotent', timeoutSec: 60, privileged: false, ...own }
}

/** Makes something so, as root: done again, it changes nothing more. It tells its changes, and what else it says. */
export function change<P extends z.ZodType>(own: Change<P>): Unnamed<P, typeof changeOutput>
export function change<P extends z.ZodType, O extends z.ZodType>(own: Change<P> & { output: O }): Unnamed<P, O>
export function change<P extends z.ZodType>(own: Change<P>): Unnamed<P, z.ZodType> {
  return {
    shape: 'change',
    risk: 'change',
    retryClass: 'idempotent',
    timeoutSec: 180,
    privileged: true,
    output: changeOutput,
    ...own,
  }
}

/** Does something each time. One whose outcome is unknown is not run again by itself, unless it says that it may be. */
export function act<P extends z.ZodType, O extends z.ZodType>(
  own: Own<P> & {
    output: O
    timeoutSec: number
    risk?: 'destructive'
    retryClass?: 'idempotent'
    privileged?: false
  },
): Unnamed<P, O> {
  return { shape: 'act', risk: 'change', retryClass: 'once', privileged: true, ...own }
}
