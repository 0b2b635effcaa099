import type { ApiToken } from './access.ts'
import type { AuditEntry } from './audit.ts'
import type { AttachedRunner, Enrolment, Runner } from './runner.ts'
import type { Server } from './server.ts'
import type { Page, PageRequest } from './store.ts'

export interface RegistryStore {
  insertServer(server: Server, audit: AuditEntry): Promise<void>
  findServer(id: string): Promise<Server | null>
  listServers(page: PageRequest): Promise<Page<Server>>
  /** Rejects with `not_found`; `conflict` (`runner_already_attached`) when the runner serves another server. */
  updateServer(id: string, patch: ServerPatch, audit: AuditEntry): Promise<Server>
  /** Rejects with `not_found`; `conflict` (`server_has_live_orders`, `server_has_schedules`). */
  deleteServer(id: string, audit: AuditEntry): Promise<void>

  insertRunner(runner: Runner, audit: AuditEntry): Promise<void>
  findRunner(id: string): Promise<AttachedRunner | null>
  listRunners(page: PageRequest): Promise<Page<AttachedRunner>>
  updateRunner(id: string, patch: RunnerPatch, audit: AuditEntry): Promise<AttachedRunner>
  /** Rejects with `not_found`; `conflict` (`runner_has_live_orders`, `runner_has_schedules`). Detaches it from its server. */
  deleteRunner(id: string, audit: AuditEntry): Promise<void>
  /** Records many runners' signs of life at once, without audit. */
  touchRunners(touches: RunnerTouch[]): Promise<void>

  insertEnrolment(enrolment: Enrolment, audit: AuditEntry): Promise<void>
  /** Those that can still be redeemed at `now`, in order of creation. */
  listEnrolments(now: number, page: PageRequest): Promise<Page<Enrolment>>
  /** From then on nobody can redeem it. Rejects with `not_found` when nobody could at `now`. */
  revokeEnrolment(id: string, now: number, audit: AuditEntry): Promise<void>
  /**
   * Turns an enrolment into a runner, once: of concurrent calls one succeeds. Attaches it to the enrolment's server.
   * Rejects with `unauthorized` (`enrolment_invalid`) when the token is unknown, expired at `now` or used.
   */
  redeemEnrolment(tokenHash: string, runner: RunnerIdentity, now: number): Promise<AttachedRunner>

  /**
   * Rejects with `conflict` (`token_name_taken`) when a token has this name or one that could be taken for it; of two at
   * the same time one is stored. Those that share a name from before stay.
   */
  insertToken(token: ApiToken, audit: AuditEntry): Promise<void>
  findTokenByHash(tokenHash: string): Promise<ApiToken | null>
  listTokens(page: PageRequest): Promise<Page<ApiToken>>
  deleteToken(id: string, audit: AuditEntry): Promise<void>
}

export type ServerPatch = Partial<Pick<Server, 'name' | 'baseUrl' | 'tags' | 'metadata' | 'runnerId'>>

export type RunnerPatch = Partial<
  Pick<
    Runner,
    | 'name'
    | 'scopes'
    | 'labels'
    | 'capabilities'
    | 'concurrency'
    | 'disabled'
    | 'tokenHash'
    | 'previousTokenHash'
    | 'previousTokenExpiresAt'
    | 'sealKey'
    | 'runnerSealKey'
  >
>

export interface RunnerTouch {
  id: string
  lastSeenAt: number
  reported?: 'ONLINE' | 'OFFLINE' | undefined
  capabilities?: Record<string, unknown> | undefined
  version?: string | undefined
  instance?: string | undefined
}

/** What the machine brings to its enrolment; the rest comes from the enrolment. */
export type RunnerIdentity = Pick<
  Runner,
  'id' | 'tokenHash' | 'publicKey' | 'sealKey' | 'runnerSealKey' | 'version' | 'capabilities'
> & {
  /** Replaces the enrolment's name when given. */
  name: string | null
}
