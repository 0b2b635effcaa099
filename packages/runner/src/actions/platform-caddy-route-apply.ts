import type { PayloadOf } from '@ikoma/api'
import { caddyRoute } from '@ikoma/machine/caddy'
import { converging } from './converging.ts'

export const applyCaddyRoute = converging(({ name, ...site }: PayloadOf<'platform.caddy.route.apply'>) => [
  caddyRoute(name, site),
])
