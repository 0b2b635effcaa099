// An app that starts: it brings its database up to date, and says what it applied.
import { migrate } from '../migrate.ts'

const [, , url = '', folder = ''] = process.argv
const applied = await migrate(url, folder).upgrade()
process.stdout.write(`${JSON.stringify(applied)}\n`)
