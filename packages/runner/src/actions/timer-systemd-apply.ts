import type { PayloadOf } from '@ikoma/api'
import { systemdTimer } from '@ikoma/machine'
import { converging } from '../host/converge.ts'

export const applySystemdTimer = converging((wanted: PayloadOf<'timer.systemd.apply'>) => systemdTimer(wanted))
