import type { PayloadOf } from '@ikoma/api'
import { dockerPlatform } from '@ikoma/machine/platform'
import { installing } from './platform.ts'

export const installDocker = installing<PayloadOf<'platform.docker.install'>>({
  platformFor: (payload, machine) => dockerPlatform(machine, payload),
})
