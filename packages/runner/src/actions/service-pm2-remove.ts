import type { PayloadOf } from '@ikoma/api'
import { noPm2 } from '@ikoma/machine/pm2'
import { converging } from './converging.ts'

export const removePm2 = converging(({ user }: PayloadOf<'service.pm2.remove'>) => [noPm2(user)])
