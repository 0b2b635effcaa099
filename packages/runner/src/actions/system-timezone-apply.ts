import type { PayloadOf } from '@ikoma/api'
import { timezone } from '@ikoma/machine/system'
import { converging } from './converging.ts'

export const applyTimezone = converging(({ zone }: PayloadOf<'system.timezone.apply'>) => [timezone(zone)])
