import type { FamilyActions } from '../../order/action.ts'
import { runDnsCheck } from './dns.ts'
import { runHttpCheck } from './http.ts'
import { runTcpCheck } from './tcp.ts'
import { checkTls } from './tls.ts'
import { waiting } from './waiting.ts'

export { failedCheck } from './failed-check.ts'
export { checkTls }

export const checks = {
  'check.http.run': waiting(runHttpCheck),
  'check.tcp.run': waiting(runTcpCheck),
  'check.tls.run': checkTls,
  'check.dns.run': runDnsCheck,
} satisfies FamilyActions<'checks'>
