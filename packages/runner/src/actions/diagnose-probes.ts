import { networkInterfaces } from 'node:os'
import type { Probes } from '@ikoma/diagnose'
import type { ActionContext, ActionResult } from '../order/action.ts'
import { runDnsCheck } from './checks/dns.ts'
import { runHttpCheck } from './checks/http.ts'
import { checkTls } from './checks/tls.ts'
import { measureKeepAliveSec } from './keep-alive-probe.ts'

const timeoutMs = 10_000

/** Asks as the checks of the same names do, and takes a bad answer for an answer. */
export function probesOf(context: ActionContext): Probes {
  const quiet = { ...context, log: () => {} }
  return {
    async http(url) {
      const result = await runHttpCheck({ url, method: 'GET', expectStatus: [200], timeoutMs }, quiet)
      const { status, headers } = result.output ?? {}
      if (status !== undefined) return { url, status, server: headers?.server ?? '' }
      return { url, failure: codeOf(result) ?? 'unknown', message: result.summary }
    },
    async tls(serverName) {
      const target = { host: '127.0.0.1', port: 443, serverName, minDaysLeft: 21, timeoutMs }
      const result = await checkTls(target, quiet)
      const { issuer = null, daysLeft = null } = result.output ?? {}
      return { problem: codeOf(result), message: result.summary, issuer, daysLeft }
    },
    async dns(name) {
      const ask = (type: 'A' | 'AAAA') => runDnsCheck({ name, type, expect: [], timeoutMs }, quiet)
      const results = [await ask('A'), await ask('AAAA')]
      const answers = results.flatMap(({ output }) => output?.answers ?? [])
      return {
        answers,
        failure: answers.length > 0 ? null : (results.map(codeOf).find((code) => code !== null) ?? null),
      }
    },
    keepAliveSec: (port) => measureKeepAliveSec(port, context.signal),
    ownAddresses() {
      const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list)
      return addresses.filter(({ internal }) => !internal).map(({ address }) => address)
    },
    clockSkewMs: context.runner.measureClockSkewMs,
  }
}

function codeOf(result: ActionResult<unknown>): string | null {
  return result.ok ? null : (result.errors[0]?.code ?? 'unknown')
}
