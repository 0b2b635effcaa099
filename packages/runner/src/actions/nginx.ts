import type { OutputOf } from '@ikoma/api'
import { listNginxSites, nginxSite, noNginxSite } from '@ikoma/machine/nginx'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { converging } from './converging.ts'
import { tellingLeftOut } from './left-out-domains.ts'
import { withSecurityHeaders } from './site-headers.ts'

export const nginx = {
  'platform.nginx.site.apply': tellingLeftOut(converging((site) => [nginxSite(withSecurityHeaders(site))])),
  'platform.nginx.site.remove': converging(({ name }) => [noNginxSite(name)]),
  'platform.nginx.site.list': listSites,
} satisfies FamilyActions<'nginx'>

const maxSites = 500

async function listSites(
  _payload: object,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'platform.nginx.site.list'>>> {
  const sites = await listNginxSites(machine)
  const summary = sites.length === 1 ? '1 site.' : `${sites.length} sites.`
  return { ok: true, summary, output: { sites: sites.slice(0, maxSites) } }
}
