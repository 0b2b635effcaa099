import type { PayloadOf } from '@ikoma/api'
import { noSystemdTimer } from '@ikoma/machine/systemd'
import { converging } from './converging.ts'

export const removeSystemdTimer = converging(({ name }: PayloadOf<'timer.systemd.remove'>) => [noSystemdTimer(name)])
