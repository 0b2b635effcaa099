import type { PayloadOf } from '@ikoma/api'
import { swapFile } from '@ikoma/machine/system'
import { converging } from './converging.ts'

export const applySwap = converging((wanted: PayloadOf<'system.swap.apply'>) => [swapFile(wanted)])
