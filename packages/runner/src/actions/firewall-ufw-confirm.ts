import { confirmedFirewall } from '@ikoma/machine'
import { converging } from '../host/converge.ts'

export const confirmFirewall = converging(() => [confirmedFirewall])
