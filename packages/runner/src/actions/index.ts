import type { Actions } from '../order/action.ts'
import { backup } from './backup.ts'
import { caddy } from './caddy.ts'
import { checks } from './checks/index.ts'
import { compose } from './compose.ts'
import { diagnosis } from './diagnose.ts'
import { firewall } from './firewall.ts'
import { nginx } from './nginx.ts'
import { packages } from './packages.ts'
import { platform } from './platform.ts'
import { pm2 } from './pm2.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { runner } from './runner.ts'
import { shell } from './shell.ts'
import { system } from './system.ts'
import { systemd } from './systemd.ts'
import { tls } from './tls.ts'

/** What this runner can do: the catalogue, each type with its action. */
export const actions: Actions = {
  ...runner,
  ...system,
  ...checks,
  ...shell,
  ...caddy,
  ...nginx,
  ...tls,
  ...backup,
  ...postgres,
  ...systemd,
  ...compose,
  ...pm2,
  ...packages,
  ...platform,
  ...firewall,
  ...diagnosis,
  ...redis,
}
