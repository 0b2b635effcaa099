import { type Host, readCertificate } from '@ikoma/machine'
import { listNginxSites } from '@ikoma/machine/nginx'
import type { ActionContext, ActionResult } from '../order/action.ts'

interface Site {
  name: string
  domains: readonly string[]
  certificate?: { chainFile: string } | undefined
}

/** A site of nginx as `apply` makes it; says which domains its certificate still names that no site answers for any more. */
export function tellingLeftOut<P extends Site, O extends Record<string, unknown>>(
  apply: (site: P, context: ActionContext) => Promise<ActionResult<O>>,
) {
  return async (site: P, context: ActionContext): Promise<ActionResult<O>> => {
    const result = await apply(site, context)
    if (!result.ok || site.certificate === undefined) return result
    const leftOut = await leftOutOf(context.machine, site, site.certificate.chainFile)
    if (leftOut.length === 0) return result
    const [what, them] = [leftOut.join(', '), leftOut.length === 1 ? 'it' : 'them']
    const cure = `Get one without ${them} (tls.certificate.issue), or serve ${them}`
    const warning = `Warning: the certificate names ${what}, which no site of ours serves: its renewal will fail. ${cure}.`
    context.log(warning)
    return { ...result, summary: `${result.summary} ${warning}` }
  }
}

async function leftOutOf(machine: Host, site: Site, chainFile: string): Promise<string[]> {
  const pem = await machine.read(chainFile).catch(() => null)
  const certificate = pem === null ? null : readCertificate(pem, Date.now())
  if (certificate === null) return []
  const others = (await listNginxSites(machine)).filter(({ name }) => name !== site.name)
  const served = new Set([...site.domains, ...others.flatMap(({ domains }) => domains)])
  // A wildcard is renewed by DNS, whatever is served.
  return certificate.names.filter((name) => !name.startsWith('*.') && !served.has(name)).slice(0, maxNamed)
}

const maxNamed = 10
