import type { PayloadOf } from '@ikoma/api'
import { caddyPlatform } from '@ikoma/machine/platform'
import { installing } from './platform.ts'

export const installCaddy = installing<PayloadOf<'platform.caddy.install'>>({ platformFor: caddyPlatform })
