import type { PayloadOf } from '@ikoma/api'
import { unitRunning } from '@ikoma/machine/systemd'
import { converging } from './converging.ts'

export const startSystemdService = converging(({ name, settleSec }: PayloadOf<'service.systemd.start'>) => [
  unitRunning(`${name}.service`, { up: true, settleSec }),
])
