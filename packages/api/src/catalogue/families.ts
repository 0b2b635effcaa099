import { backup } from './backup.ts'
import { caddy } from './caddy.ts'
import { checks } from './checks.ts'
import { compose } from './compose.ts'
import { diagnose } from './diagnose.ts'
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

/** In the order that people read them. */
export const families = {
  runner,
  system,
  packages,
  platform,
  firewall,
  systemd,
  compose,
  pm2,
  caddy,
  nginx,
  tls,
  backup,
  postgres,
  redis,
  checks,
  diagnose,
  shell,
}
