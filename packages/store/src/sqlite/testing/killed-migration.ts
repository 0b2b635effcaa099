import type { DatabaseSync } from 'node:sqlite'
import { openWriter } from '../database.ts'
import { migrate } from '../migrate.ts'
import { migrations } from '../migrations.ts'

// Migrates the file named first and kills this process at the statement named second.
const [, , file = '', killAt = ''] = process.argv
const { $client } = openWriter(file)
const exec = $client.exec.bind($client)
let executed = 0
const dying: Pick<DatabaseSync, 'exec'> = {
  exec(sql) {
    if (executed === Number(killAt)) process.kill(process.pid, 'SIGKILL')
    executed += 1
    exec(sql)
  },
}
migrate(Object.assign($client, dying), migrations, 0)
