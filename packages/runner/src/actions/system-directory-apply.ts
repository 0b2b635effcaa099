import type { PayloadOf } from '@ikoma/api'
import { directory } from '@ikoma/deploy'
import { converging } from '../host/converge.ts'

export const applyDirectory = converging(({ path, owner, group, mode }: PayloadOf<'system.directory.apply'>) => [
  directory({ path, owner, group, mode: Number.parseInt(mode, 8) }),
])
