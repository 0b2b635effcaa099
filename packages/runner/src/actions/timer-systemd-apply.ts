import type { PayloadOf } from '@ikoma/api'
import { systemdTimer } from '@ikoma/machine/systemd'
import { converging } from './converging.ts'

export const applySystemdTimer = converging((wanted: PayloadOf<'timer.systemd.apply'>) => systemdTimer(wanted))
