import { createHash } from 'node:crypto'
import pg from 'pg'
import { Problem } from '../problem.ts'
import type { PostgresDatabaseMaking } from '../verbs.ts'
import { administering, inTransaction, madeByOrder } from './administered.ts'
import { setAccess } from './database.ts'
import { changeInside } from './inside.ts'
import { drop } from './postgres.ts'
import { refusePowerful } from './role.ts'
import type { Session } from './session.ts'

/**
 * Under another name that lets nobody in, and renamed in the transaction that says who may: a crash leaves none of that
 * name, and nobody is in it before it is closed to them.
 */
export function makeDatabase(making: PostgresDatabaseMaking): Promise<null> {
  return administering('postgres', async (session) => {
    await refusePowerful(session, making.owner)
    const draft = draftOf(making.name)
    // Of an order that was killed.
    await drop(session, draft)
    await session.query(creationOf(draft, making))
    try {
      await administering(draft, (within) => inTransaction(within, () => changeInside(within, making)))
      await inTransaction(session, () => finish(session, draft, making))
    } catch (error) {
      await drop(session, draft)
      throw error
    }
    return null
  })
}

async function finish(session: Session, draft: string, making: PostgresDatabaseMaking): Promise<void> {
  const from = pg.escapeIdentifier(draft)
  await setAccess(session, draft, making)
  await session.query(`COMMENT ON DATABASE ${from} IS ${pg.escapeLiteral(madeByOrder)}`)
  await session.query(`ALTER DATABASE ${from} RENAME TO ${pg.escapeIdentifier(making.name)}`)
}

/** Takes back one that was just made, or was not yet: who made it may have been ended on the way. */
export async function dropDatabase({ name }: { name: string }): Promise<null> {
  const isThere = await administering('postgres', async (session) => {
    await drop(session, draftOf(name))
    const { rows } = await session.query('SELECT FROM pg_database WHERE datname = $1', [name])
    return rows.length > 0
  })
  if (!isThere) return null
  await administering(name, refuseUsed(name))
  return administering('postgres', async (session) => {
    await session.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`)
    return null
  })
}

function refuseUsed(name: string) {
  return async (session: Session) => {
    const { rows } = await session.query(
      `SELECT c.relname FROM pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.deptype = 'e') LIMIT 1`,
    )
    if (rows.length > 0) throw new Problem('database_in_use', `There is something in ${name} already. It stays.`)
  }
}

/** A name with it in full could be too long. */
function draftOf(name: string): string {
  return `ikoma_making_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

function creationOf(draft: string, { owner, encoding, locale }: PostgresDatabaseMaking): string {
  const sorted = locale === null ? '' : ` LOCALE ${pg.escapeLiteral(locale)}`
  const options = `OWNER ${pg.escapeIdentifier(owner)} TEMPLATE template0 ENCODING ${pg.escapeLiteral(encoding)}${sorted}`
  return `CREATE DATABASE ${pg.escapeIdentifier(draft)} ${options} CONNECTION LIMIT 0`
}
