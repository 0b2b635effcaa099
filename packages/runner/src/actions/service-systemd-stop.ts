import type { PayloadOf } from '@ikoma/api'
import { unitRunning } from '@ikoma/machine/systemd'
import { converging } from './converging.ts'

export const stopSystemdService = converging(({ name }: PayloadOf<'service.systemd.stop'>) => [
  unitRunning(`${name}.service`, { up: false }),
])
