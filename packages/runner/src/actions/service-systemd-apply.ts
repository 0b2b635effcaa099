import type { PayloadOf } from '@ikoma/api'
import { systemdService } from '@ikoma/machine/systemd'
import { converging } from './converging.ts'

export const applySystemdService = converging((wanted: PayloadOf<'service.systemd.apply'>) => systemdService(wanted))
