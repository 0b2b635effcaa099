import type { OutputOf } from '@ikoma/api'
import { listNginxSites } from '@ikoma/machine/nginx'
import type { ActionContext, ActionResult } from '../order/action.ts'

const maxSites = 500

export async function listSites(
  _payload: object,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'platform.nginx.site.list'>>> {
  const sites = await listNginxSites(machine)
  const summary = sites.length === 1 ? '1 site.' : `${sites.length} sites.`
  return { ok: true, summary, output: { sites: sites.slice(0, maxSites) } }
}
