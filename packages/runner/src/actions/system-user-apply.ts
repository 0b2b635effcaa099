import type { PayloadOf } from '@ikoma/api'
import { user, userHome } from '@ikoma/machine/system'
import { converging } from './converging.ts'

export const applyUser = converging((wanted: PayloadOf<'system.user.apply'>) => [user(wanted), userHome(wanted)])
