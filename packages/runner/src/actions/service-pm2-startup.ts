import type { PayloadOf } from '@ikoma/api'
import { pm2Daemon } from '@ikoma/machine/pm2'
import { converging } from './converging.ts'

export const startUpPm2 = converging((wanted: PayloadOf<'service.pm2.startup'>) => [pm2Daemon(wanted)])
