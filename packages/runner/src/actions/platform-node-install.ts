import type { PayloadOf } from '@ikoma/api'
import { node, nodePlatform } from '@ikoma/machine/platform'
import { installing } from './platform.ts'

export const installNode = installing<PayloadOf<'platform.node.install'>>({
  platformFor: nodePlatform,
  desiredBy: node,
})
