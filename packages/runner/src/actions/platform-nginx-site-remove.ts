import type { PayloadOf } from '@ikoma/api'
import { noNginxSite } from '@ikoma/machine/nginx'
import { converging } from './converging.ts'

export const removeNginxSite = converging(({ name }: PayloadOf<'platform.nginx.site.remove'>) => [noNginxSite(name)])
