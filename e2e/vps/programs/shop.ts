// A backend that does what backends do: it reads its environment, opens its database, reaches for another, and listens.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { DatabaseSync } from 'node:sqlite'

const { PORT, DB_PATH, POSTGRES_PORT } = process.env
if (PORT === undefined) throw new Error('PORT is not set')
if (DB_PATH !== undefined) new DatabaseSync(DB_PATH).prepare('select count(*) from orders').get()
if (POSTGRES_PORT !== undefined) await once(connect(Number(POSTGRES_PORT), '127.0.0.1'), 'connect')
createServer((_, response) => response.end('open')).listen(Number(PORT), '127.0.0.1')
