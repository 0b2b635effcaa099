import { createHash } from 'node:crypto'
import pg from 'pg'
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

/** A name with it in full could be too long. */
function draftOf(name: string): string {
  return `ikoma_making_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

function creationOf(draft: string, { owner, encoding, locale }: PostgresDatabaseMaking): string {
  const sorted = locale === null ? '' : ` LOCALE ${pg.escapeLiteral(locale)}`
  const options = `OWNER ${pg.escapeIdentifier(owner)} TEMPLATE template0 ENCODING ${pg.escapeLiteral(encoding)}${sorted}`
  return `CREATE DATABASE ${pg.escapeIdentifier(draft)} ${options} CONNECTION LIMIT 0`
}
