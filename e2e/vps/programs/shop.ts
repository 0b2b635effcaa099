// A backend that does what backends do: it reads its environment, writes a log, opens its database, reaches for another, and listens.
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { DatabaseSync } from 'node:sqlite'

const { PORT, LOG_FILE, DB_PATH, POSTGRES_PORT } = process.env
if (PORT === undefined) throw new Error('PORT is not set')
if (LOG_FILE !== undefined) appendFileSync(LOG_FILE, 'begun\n')
if (DB_PATH !== undefined) new DatabaseSync(DB_PATH).prepare('select count(*) from orders').get()
if (POSTGRES_PORT !== undefined) await once(connect(Number(POSTGRES_PORT), '127.0.0.1'), 'connect')
createServer((_, response) => response.end('open')).listen(Number(PORT), '127.0.0.1')
