import type { PayloadOf } from '@ikoma/api'
import { pm2Stopped } from '@ikoma/machine/pm2'
import { converging } from './converging.ts'

export const stopPm2 = converging((process: PayloadOf<'service.pm2.stop'>) => [pm2Stopped(process)])
