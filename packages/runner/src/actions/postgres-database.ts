import type { PayloadOf } from '@ikoma/api'
import { askProgram, localProgram, type PostgresDatabase, type PostgresDatabaseChange } from '@ikoma/backup'
import { AppError } from '@ikoma/kernel'
import type { Change, Desired, Host } from '@ikoma/machine'
import { postgresEnvironment } from '@ikoma/machine/postgres'
import { diffOf, notMadeByOrder } from './postgres-words.ts'

type Wanted = PayloadOf<'db.postgres.database.apply'>

/** A database as it should be: its owner's, closed to others, with what it needs in it. */
export function postgresDatabase(wanted: Wanted): Desired {
  return async (host) => {
    const { name, owner, extensions, adopt } = wanted
    const mayConnect = wanted.mayConnect.filter((each) => each !== owner)
    const ask = { name, owner, mayConnect, extensions }
    const question = { ...reachedBy(wanted), part: 'postgres', verb: 'database', ask } as const
    const found = await askProgram(host, await localProgram(), question)
    const to = asWanted(wanted, found, mayConnect)
    if (found === null) return [making(wanted, to)]
    refuseFixed(wanted, found)
    const diff = diffOf(textsOf(found), textsOf(to))
    if (diff === null) return []
    if (!found.ours && !adopt) throw notMadeByOrder('database', name)
    refuseSurprises(wanted, found)
    return [changing(wanted, { from: found, to, diff })]
  }
}

/** What of a database can be changed. */
type State = Omit<PostgresDatabase, 'encoding' | 'locale' | 'shutOut' | 'ours'>

function asWanted(wanted: Wanted, found: PostgresDatabase | null, mayConnect: readonly string[]): State {
  return {
    owner: wanted.owner,
    connectionLimit: wanted.connectionLimit ?? found?.connectionLimit ?? -1,
    publicConnects: wanted.publicConnect,
    publicSchemas: false,
    connects: [...new Set(mayConnect)].sort(),
    publicCreates: false,
    ownerCreates: true,
    extensions: [...new Set(wanted.extensions)],
  }
}

/** What is chosen once: another would be another database. */
function refuseFixed({ name, encoding, locale }: Wanted, found: PostgresDatabase): void {
  const differs = found.encoding !== encoding || (locale !== undefined && plain(found.locale) !== plain(locale))
  if (!differs) return
  const is = `${name} is there in ${found.encoding}, sorted as ${found.locale}, and neither can be changed`
  const message = `${is}. Say so ("encoding", "locale"), or make another database and restore into that.`
  throw new AppError('unprocessable', message, { reason: 'encoding_differs' })
}

/** `fr_FR.UTF-8` and `fr_FR.utf8` are the same. */
function plain(locale: string): string {
  return locale.toLowerCase().replaceAll('-', '')
}

/** What nobody expects of an order that makes sure that a database is there. */
function refuseSurprises({ name, owner, changeOwner, publicConnect }: Wanted, found: PostgresDatabase): void {
  if (found.owner !== owner && !changeOwner) {
    const message = `${name} belongs to ${found.owner}, not to ${owner}. Say "changeOwner": true to give it away.`
    throw new AppError('unprocessable', message, { reason: 'owner_differs' })
  }
  if (publicConnect || !found.publicConnects || found.shutOut.length === 0) return
  const who = found.shutOut.join(', ')
  const cure = `Name them in "mayConnect", or say "publicConnect": true`
  throw new AppError('unprocessable', `${who} would be shut out of ${name}, and is connected to it. ${cure}.`, {
    reason: 'would_shut_out',
  })
}

function making(wanted: Wanted, to: State): Change {
  const { name, encoding, locale = null } = wanted
  return {
    title: `make the PostgreSQL database ${name}`,
    diff: diffOf(null, { ...textsOf(to), encoding, ...(locale === null ? {} : { locale }) }),
    async apply(on) {
      const ask = { ...changeFrom({ ...to, connects: [], extensions: [] }, to), name, encoding, locale }
      await askProgram(on, await localProgram(), { ...reachedBy(wanted), part: 'postgres', verb: 'makeDatabase', ask })
    },
    async undo(on) {
      const ask = { name }
      await askProgram(on, await localProgram(), { ...reachedBy(wanted), part: 'postgres', verb: 'dropDatabase', ask })
    },
  }
}

function changing(wanted: Wanted, { from, to, diff }: { from: State; to: State; diff: string }): Change {
  return {
    title: `change the PostgreSQL database ${wanted.name}`,
    diff,
    apply: (on) => setDatabase(on, wanted, { from, to }),
    undo: (on) => setDatabase(on, wanted, { from: to, to: from }),
  }
}

async function setDatabase(on: Host, wanted: Wanted, { from, to }: { from: State; to: State }): Promise<void> {
  const ask = { ...changeFrom(from, to), name: wanted.name }
  await askProgram(on, await localProgram(), { ...reachedBy(wanted), part: 'postgres', verb: 'setDatabase', ask })
}

function changeFrom(from: State, { connects, extensions, ...to }: State): Omit<PostgresDatabaseChange, 'name'> {
  return {
    ...to,
    grantConnect: connects.filter((each) => !from.connects.includes(each)),
    revokeConnect: from.connects.filter((each) => !connects.includes(each)),
    extensions: extensions.filter((each) => !from.extensions.includes(each)),
    dropExtensions: from.extensions.filter((each) => !extensions.includes(each)),
  }
}

function reachedBy({ runAs, role, host, port, authFile }: Wanted) {
  return { as: runAs, env: postgresEnvironment('postgres', { runAs, role, host, port, authFile }) }
}

/** A database for people, a line a fact. */
function textsOf(state: State): Record<string, string> {
  const { owner, connectionLimit, publicConnects, publicSchemas, connects, publicCreates, ownerCreates, extensions } =
    state
  const creators = [...(publicCreates ? ['everybody'] : []), ...(ownerCreates ? ['its owner'] : [])]
  return {
    owner,
    'connections at once': connectionLimit === -1 ? 'no limit' : String(connectionLimit),
    'may connect': publicConnects ? 'everybody' : 'its owner, and who is let in by name',
    'let in by name, as asked': connects.length === 0 ? 'none' : connects.toSorted().join(', '),
    'may make schemas': publicSchemas ? 'everybody' : 'its owner, and who may by name',
    'may make tables in public': creators.length === 0 ? 'nobody' : creators.join(', '),
    extensions: extensions.length === 0 ? 'none' : extensions.toSorted().join(', '),
  }
}
