// A process that does one order, so that a test can kill it. Its arguments: a marker, the type, the payload.
import type { OrderTypeName } from '@ikoma/api'
import { localHost } from '../host/local-host.ts'
import { order } from './order.ts'

const [marker = '', type, payload = ''] = process.argv.slice(2)
const { signal } = new AbortController()
const machine = localHost({ cwd: '/', marker, signal, killGraceMs: 500 })
const { ok, summary } = await order(type as OrderTypeName, JSON.parse(payload), { machine, marker })
process.stdout.write(`${summary}\n`)
process.exitCode = ok ? 0 : 1
