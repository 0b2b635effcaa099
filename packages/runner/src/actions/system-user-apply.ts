import type { PayloadOf } from '@ikoma/api'
import { user } from '@ikoma/deploy'
import { converging } from '../host/converge.ts'

export const applyUser = converging((wanted: PayloadOf<'system.user.apply'>) => [user(wanted)])
