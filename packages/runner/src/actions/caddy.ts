import type { OutputOf } from '@ikoma/api'
import { caddyRoute, listCaddyRoutes, noCaddyRoute } from '@ikoma/machine/caddy'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'
import { converging } from './converging.ts'
import { withSecurityHeaders } from './site-headers.ts'

export const caddy = {
  'platform.caddy.route.apply': converging(({ name, ...site }) => [caddyRoute(name, withSecurityHeaders(site))]),
  'platform.caddy.route.remove': converging(({ name }) => [noCaddyRoute(name)]),
  'platform.caddy.route.list': listRoutes,
} satisfies FamilyActions<'caddy'>

const maxRoutes = 500

async function listRoutes(
  _payload: object,
  { machine }: ActionContext,
): Promise<ActionResult<OutputOf<'platform.caddy.route.list'>>> {
  const { routes, imported } = await listCaddyRoutes(machine)
  const unused = routes.length > 0 && !imported ? ' The main Caddyfile does not import them.' : ''
  const summary = `${routes.length === 1 ? '1 route' : `${routes.length} routes`}.${unused}`
  return { ok: true, summary, output: { routes: routes.slice(0, maxRoutes), imported } }
}
