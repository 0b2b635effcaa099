import { confirmedFirewall } from '@ikoma/machine/ufw'
import { converging } from './converging.ts'

export const confirmFirewall = converging(() => [confirmedFirewall])
