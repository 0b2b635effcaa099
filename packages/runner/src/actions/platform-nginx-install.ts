import type { PayloadOf } from '@ikoma/api'
import { nginxPlatform } from '@ikoma/machine/platform'
import { installing } from './platform.ts'

export const installNginx = installing<PayloadOf<'platform.nginx.install'>>({ platformFor: nginxPlatform })
