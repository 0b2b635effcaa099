// Does what a runner and an executor do before an effect, and then the effect: for whoever looks at the system calls.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@ikoma/api'
import { newId } from '@ikoma/kernel'
import { spendGrant } from '../executor/spent-grants.ts'
import { Journal } from '../protocol/journal.ts'
import { grantOf } from './signed-claim.ts'

const [folder = ''] = process.argv.slice(2)
const effect = (name: string) => writeFileSync(join(folder, `effect-${name}`), '')
const report: Report = { version: 'v2', ok: true, summary: 'Done.', outcome: 'succeeded' }

const grant = grantOf({ runnerId: newId() })
await spendGrant(folder, grant)
effect('of-grant')

const { orderId, attempt, lease, type, retryClass } = grant
const journal = await Journal.open(join(folder, 'journal.ndjson'), { machine: null, logger: { warn: () => {} } })
await journal.recordIntent({ orderId, attempt, lease, type, retryClass, at: 1 })
effect('of-order')
await journal.recordResult({ orderId, attempt, lease, report })
effect('of-telling')
await journal.close()
