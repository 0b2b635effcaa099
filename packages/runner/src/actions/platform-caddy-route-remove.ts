import type { PayloadOf } from '@ikoma/api'
import { noCaddyRoute } from '@ikoma/deploy'
import { converging } from '../host/converge.ts'

export const removeCaddyRoute = converging(({ name }: PayloadOf<'platform.caddy.route.remove'>) => [noCaddyRoute(name)])
