import type { OutputOf } from '@ikoma/api'
import { listCaddyRoutes } from '@ikoma/machine/caddy'
import type { ActionContext, ActionResult } from '../order/action.ts'

const maxRoutes = 500

export async function listRoutes(
  _payload: object,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'platform.caddy.route.list'>>> {
  const { routes, imported } = await listCaddyRoutes(machine)
  const unused = routes.length > 0 && !imported ? ' The main Caddyfile does not import them.' : ''
  const summary = `${routes.length === 1 ? '1 route' : `${routes.length} routes`}.${unused}`
  return { ok: true, summary, output: { routes: routes.slice(0, maxRoutes), imported } }
}
