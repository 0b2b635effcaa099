import type { AuditEntry, Enrolment, Runner, RunnerIdentity } from '@ikoma/domain'

/** The runner that an enrolment becomes. */
export function enrolledRunner(enrolment: Enrolment, identity: RunnerIdentity, now: number): Runner {
  const { scopes, labels, concurrency } = enrolment
  return {
    ...identity,
    name: identity.name ?? enrolment.name,
    scopes,
    labels,
    concurrency,
    disabled: false,
    reported: null,
    previousTokenHash: null,
    previousTokenExpiresAt: null,
    lastSeenAt: null,
    instance: null,
    createdAt: now,
  }
}

export function enrolledEntry({ id, createdBy, serverId }: Enrolment, runner: Runner): AuditEntry {
  const { name, scopes } = runner
  return {
    at: runner.createdAt,
    actor: createdBy,
    action: 'runner.enrolled',
    subject: `runner:${runner.id}`,
    data: { name, enrolmentId: id, scopes, ...(serverId === null ? {} : { serverId }) },
  }
}
