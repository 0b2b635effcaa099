import type { PayloadOf } from '@ikoma/api'
import { noSystemdService } from '@ikoma/machine/systemd'
import { converging } from './converging.ts'

export const removeSystemdService = converging(({ name }: PayloadOf<'service.systemd.remove'>) => [
  noSystemdService(name),
])
