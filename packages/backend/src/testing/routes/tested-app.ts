import type { FastifyInstance } from 'fastify'
import type { Policies } from '../../http/index.ts'

/** Somebody who is signed in, by what a request of its carries. */
export interface Caller {
  id: string
  headers: Record<string, string>
}

export interface StartedApp {
  app: FastifyInstance
  /** Those that the app was made with. */
  policies: Policies
  /** A new account of the role, signed in. */
  signIn(role: string): Promise<Caller>
  /** Headers with credentials that do not hold any more: expired, of an account that is disabled, of another key. */
  stale(): Promise<Record<string, string>[]>
  /** Every line that was logged so far. */
  logged(): string
  /** What nobody may see: keys, passwords of servers, tokens that were mailed so far. */
  secrets(): Promise<string[]>
  close(): Promise<void>
}

/** What an id is of. */
export interface Thing<S> {
  /** The role of those who own such things, each its own; without it they are everybody's who may call the route. */
  ownedBy?: string
  /** Roles that may do with them as their owner may. */
  openTo?: readonly string[]
  /** Makes one; answers its id. A thing without an owner is made for whoever is the first. */
  make(started: S, owner: Caller): Promise<string>
}

export interface TestedApp<S extends StartedApp = StartedApp> {
  roles: readonly string[]
  start(): Promise<S>
  things: Record<string, Thing<S>>
  /**
   * What each id that a request takes is of, a name of `things`, or null for an id that refers to nothing: a parameter of a
   * path by the path up to it (`/notes/{id}`), a field of a body or query by its name, or by its route where two differ
   * (`POST /notes body.parent_id`).
   */
  ids: Record<string, string | null>
  /** Values that a schema cannot tell, by the name of the field, or by its route as above. */
  values?: Record<string, unknown>
  /** Where it is kept who may call each route, for people to read: `vitest -u` writes it. */
  accessFile: string
}
