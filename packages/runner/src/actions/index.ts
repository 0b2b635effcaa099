import type { Actions } from '../action.ts'
import { runDnsCheck } from './check-dns-run.ts'
import { runHttpCheck } from './check-http-run.ts'
import { runTcpCheck } from './check-tcp-run.ts'
import { runTlsCheck } from './check-tls-run.ts'
import { applyFirewall } from './firewall-ufw-apply.ts'
import { confirmFirewall } from './firewall-ufw-confirm.ts'
import { showFirewall } from './firewall-ufw-status.ts'
import { installCaddy } from './platform-caddy-install.ts'
import { installDocker } from './platform-docker-install.ts'
import { installNginx } from './platform-nginx-install.ts'
import { installNode } from './platform-node-install.ts'
import { runSelftest } from './runner-selftest.ts'
import { runProgram } from './shell-run.ts'
import { applyDirectory } from './system-directory-apply.ts'
import { collectFacts } from './system-facts-collect.ts'
import { applyPackages } from './system-packages-apply.ts'
import { applySwap } from './system-swap-apply.ts'
import { applyTimezone } from './system-timezone-apply.ts'
import { applyUpdates } from './system-updates-apply.ts'
import { applyUser } from './system-user-apply.ts'

/** What this runner can do: the catalogue, each type with its action. */
export const actions: Actions = {
  'runner.selftest': runSelftest,
  'system.facts.collect': collectFacts,
  'check.http.run': runHttpCheck,
  'check.tcp.run': runTcpCheck,
  'check.tls.run': runTlsCheck,
  'check.dns.run': runDnsCheck,
  'shell.run': runProgram,
  'system.directory.apply': applyDirectory,
  'system.user.apply': applyUser,
  'system.packages.apply': applyPackages,
  'system.updates.apply': applyUpdates,
  'system.timezone.apply': applyTimezone,
  'system.swap.apply': applySwap,
  'platform.node.install': installNode,
  'platform.docker.install': installDocker,
  'platform.caddy.install': installCaddy,
  'platform.nginx.install': installNginx,
  'firewall.ufw.apply': applyFirewall,
  'firewall.ufw.confirm': confirmFirewall,
  'firewall.ufw.status': showFirewall,
}
