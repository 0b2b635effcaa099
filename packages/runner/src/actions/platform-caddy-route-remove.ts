import type { PayloadOf } from '@ikoma/api'
import { noCaddyRoute } from '@ikoma/machine/caddy'
import { converging } from './converging.ts'

export const removeCaddyRoute = converging(({ name }: PayloadOf<'platform.caddy.route.remove'>) => [noCaddyRoute(name)])
