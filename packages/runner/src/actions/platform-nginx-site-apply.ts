import type { PayloadOf } from '@ikoma/api'
import { nginxSite } from '@ikoma/machine/nginx'
import { converging } from './converging.ts'

export const applyNginxSite = converging((site: PayloadOf<'platform.nginx.site.apply'>) => [nginxSite(site)])
