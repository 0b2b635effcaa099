import type { PayloadOf } from '@ikoma/api'
import { pm2Saved } from '@ikoma/machine/pm2'
import { converging } from './converging.ts'

export const savePm2 = converging(({ user }: PayloadOf<'service.pm2.save'>) => [pm2Saved(user)])
