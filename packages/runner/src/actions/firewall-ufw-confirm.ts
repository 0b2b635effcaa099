import { confirmedFirewall } from '@ikoma/deploy'
import { converging } from '../host/converge.ts'

export const confirmFirewall = converging(() => [confirmedFirewall])
