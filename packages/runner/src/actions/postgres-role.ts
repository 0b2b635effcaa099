import type { PayloadOf } from '@ikoma/api'
import { askProgram, localProgram, type PostgresRole, type PostgresRoleChange } from '@ikoma/backup'
import { AppError } from '@ikoma/kernel'
import type { Change, Desired, Host } from '@ikoma/machine'
import { isVerifierOf, postgresEnvironment, scramVerifier } from '@ikoma/machine/postgres'
import { diffOf, notMadeByOrder } from './postgres-words.ts'

type Wanted = PayloadOf<'db.postgres.role.apply'>

const shortestPassword = 8

/** A role as it should be. What its password is checked by is reckoned here: PostgreSQL never sees the password. */
export function postgresRole(wanted: Wanted): Desired {
  return async (host) => {
    const { name, memberOf = [], adopt } = wanted
    refuseShort(wanted)
    const found = await askProgram(host, await localProgram(), {
      ...reachedBy(wanted),
      ...{ part: 'postgres', verb: 'role', ask: { name, memberOf } },
    })
    const after = asWanted(wanted, found)
    if (found === null) return [making(wanted, after)]
    const { before, after: told } = factsOf(found, after)
    const diff = diffOf(before, told)
    if (diff === null) return []
    if (!found.ours && !adopt) throw notMadeByOrder('role', name)
    return [changing(wanted, { from: found, to: after, diff })]
  }
}

/** Without the mark of who made it, which does not change. */
type State = Omit<PostgresRole, 'ours'>

function asWanted({ login, createdb, connectionLimit, memberOf, password }: Wanted, found: PostgresRole | null): State {
  const before = found?.verifier ?? null
  const stays = password === undefined || isVerifierOf(before, password)
  return {
    login,
    createdb,
    connectionLimit: connectionLimit ?? found?.connectionLimit ?? -1,
    // An app's role that ended on some day could log in no more, and nobody would say why.
    validUntil: null,
    memberOf: memberOf === undefined ? (found?.memberOf ?? []) : [...new Set(memberOf)].sort(),
    verifier: stays ? before : scramVerifier(password),
  }
}

function making(wanted: Wanted, after: State): Change {
  const before = { ...after, memberOf: [], verifier: null }
  return {
    title: `make the PostgreSQL role ${wanted.name}`,
    diff: diffOf(null, textsOf(after)),
    apply: (on) => setRole(on, wanted, { make: true, from: before, to: after }),
    async undo(on) {
      const ask = { name: wanted.name }
      await askProgram(on, await localProgram(), { ...reachedBy(wanted), part: 'postgres', verb: 'dropRole', ask })
    },
  }
}

function changing(wanted: Wanted, { from, to, diff }: { from: State; to: State; diff: string }): Change {
  return {
    title: `change the PostgreSQL role ${wanted.name}`,
    diff,
    apply: (on) => setRole(on, wanted, { make: false, from, to }),
    undo: (on) => setRole(on, wanted, { make: false, from: to, to: from }),
  }
}

async function setRole(
  on: Host,
  wanted: Wanted,
  { make, from, to }: { make: boolean; from: State; to: State },
): Promise<void> {
  const { memberOf, verifier, ...options } = to
  const ask: PostgresRoleChange = {
    ...{ ...options, name: wanted.name, make, password: verifier !== from.verifier },
    grant: memberOf.filter((each) => !from.memberOf.includes(each)),
    revoke: from.memberOf.filter((each) => !memberOf.includes(each)),
  }
  const question = { ...reachedBy(wanted), part: 'postgres', verb: 'setRole', ask } as const
  // On standard input, of which nothing shows.
  await askProgram(on, await localProgram(), { ...question, ...(ask.password ? { input: verifier ?? '' } : {}) })
}

function reachedBy({ runAs, role, host, port, authFile }: Wanted) {
  return { as: runAs, env: postgresEnvironment('postgres', { runAs, role, host, port, authFile }) }
}

/** A role for people, a line a fact; of the password only what kind of thing is kept. */
function textsOf({ login, createdb, connectionLimit, validUntil, memberOf, verifier }: State): Record<string, string> {
  return {
    'may log in': login ? 'yes' : 'no',
    'may make databases': createdb ? 'yes' : 'no',
    'connections at once': connectionLimit === -1 ? 'no limit' : String(connectionLimit),
    'logs in until': validUntil ?? 'for ever',
    'member of': memberOf.length === 0 ? 'none' : memberOf.join(', '),
    password: passwordText(verifier),
  }
}

function passwordText(verifier: string | null): string {
  if (verifier === null) return 'none'
  return verifier.startsWith('SCRAM-SHA-256$') ? 'kept as SCRAM-SHA-256' : 'kept as MD5'
}

/** That a password is another is told by no part of it. */
function factsOf(from: State, to: State): { before: Record<string, string>; after: Record<string, string> } {
  const after = textsOf(to)
  const another = from.verifier !== null && from.verifier !== to.verifier
  return { before: textsOf(from), after: another ? { ...after, password: `another, ${after.password}` } : after }
}

function refuseShort({ password }: Wanted): void {
  if (password === undefined || password.length >= shortestPassword) return
  const message = `password: it has fewer than ${shortestPassword} characters. Set another: openssl rand -base64 24`
  throw new AppError('unprocessable', message, { reason: 'weak_password' })
}
