import { confirmedFirewall } from '@ikoma/machine/ufw'
import { converging } from '../host/converge.ts'

export const confirmFirewall = converging(() => [confirmedFirewall])
