import type { PayloadOf } from '@ikoma/api'
import { noComposeServices } from '@ikoma/machine/compose'
import { converging } from './converging.ts'

export const takeComposeDown = converging((project: PayloadOf<'service.compose.down'>) => [noComposeServices(project)])
