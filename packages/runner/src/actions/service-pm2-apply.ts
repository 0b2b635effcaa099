import type { PayloadOf } from '@ikoma/api'
import { pm2Processes } from '@ikoma/machine/pm2'
import { converging } from './converging.ts'

export const applyPm2 = converging((wanted: PayloadOf<'service.pm2.apply'>) => [pm2Processes(wanted)])
