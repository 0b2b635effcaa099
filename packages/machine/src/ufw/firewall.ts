import { AppError } from '@ikoma/kernel'
import type { Host } from '../host.ts'
import type { Change, Desired } from '../plan.ts'
import { armRollback } from './rollback.ts'
import { readSshAccess, type SshAccess } from './ssh-access.ts'
import {
  addRule,
  deleteRule,
  isFrom,
  loadUfw,
  readUfw,
  readUfwFiles,
  setDefault,
  setEnabled,
  shownAs,
  tuplesOf,
  type UfwRule,
  type UfwState,
} from './ufw.ts'

export interface WantedFirewall {
  /** What becomes of what no rule is about. What goes out is always let through: orders come that way. */
  incoming: 'deny' | 'reject'
  /** All of them, in the order that they match. */
  rules: readonly UfwRule[]
  confirmWithinSec: number
}

/** ufw on, with exactly these rules. It is put back unless somebody confirms it, and never set so that SSH is shut out. */
export function firewall(wanted: WantedFirewall): Desired {
  return async (host) => {
    refuseLockOut(wanted, await readSshAccess(host))
    const before = await readUfw(host)
    if (!before.ipv6 && wanted.rules.some(({ from }) => from.includes(':'))) {
      const message = 'IPv6 is off in /etc/default/ufw, so a rule for an IPv6 address would do nothing.'
      throw new AppError('unprocessable', message, { reason: 'ipv6_off' })
    }
    if (isSo(before, wanted)) return []
    const files = await readUfwFiles(host)
    const rollback = await armRollback(host, before, wanted.confirmWithinSec)
    let unsettled = false
    const putBack = async (on: Host) => {
      unsettled = true
      for (const { path, ...content } of files) await on.write(path, content)
      await loadUfw(on, { active: true, enabled: before.enabled })
      unsettled = false
    }
    const rules: Change = {
      title: before.active ? 'change the rules of the firewall' : 'set the rules of the firewall, and turn it on',
      diff: diffOf(before, wanted),
      async apply(on) {
        try {
          await setRules(on, before, wanted)
        } catch (error) {
          // Half of the rules is no firewall.
          await putBack(on).catch(() => undefined)
          throw error
        }
      },
      undo: putBack,
    }
    // What could not be put back at once is left to systemd, in time.
    const disarm = async (on: Host) => (unsettled ? undefined : rollback.undo?.(on))
    return [{ ...rollback, undo: disarm }, rules]
  }
}

/**
 * Built anew in ufw's files while the old rules stay in the kernel, and then loaded at once: at no time is a rule missing
 * that is in both.
 */
async function setRules(host: Host, before: UfwState, wanted: WantedFirewall): Promise<void> {
  await setEnabled(host, 'no')
  await setDefault(host, wanted.incoming, 'incoming')
  await setDefault(host, 'allow', 'outgoing')
  for (const shown of before.shown) await deleteRule(host, shown)
  for (const rule of wanted.rules) await addRule(host, rule)
  if (before.active) await setEnabled(host, 'yes')
  await loadUfw(host, { active: before.active, enabled: true })
}

function isSo({ active, enabled, incoming, outgoing, tuples, ipv6 }: UfwState, wanted: WantedFirewall): boolean {
  if (!active || !enabled || incoming !== wanted.incoming || outgoing !== 'allow') return false
  return JSON.stringify(tuples) === JSON.stringify(tuplesOf(wanted.rules, ipv6))
}

function diffOf(before: UfwState, { incoming, rules }: WantedFirewall): string {
  const lines = (on: boolean, defaults: readonly string[], shown: readonly string[]) => [
    on ? 'enable' : 'disable',
    `default ${defaults[0]} incoming`,
    `default ${defaults[1]} outgoing`,
    ...shown,
  ]
  const old = lines(before.active && before.enabled, [before.incoming, before.outgoing], before.shown)
  const next = lines(true, [incoming, 'allow'], rules.map(shownAs))
  const gone = old.filter((line) => !next.includes(line)).map((line) => `-${line}`)
  const come = next.filter((line) => !old.includes(line)).map((line) => `+${line}`)
  return gone.length + come.length > 0 ? [...gone, ...come].join('\n') : 'the same rules in another order'
}

/** Everybody who is connected by SSH could connect again, and every port of it is open to somebody. */
function refuseLockOut({ rules }: WantedFirewall, { ports, sessions }: SshAccess): void {
  const shut = ports.filter((port) => !letsIn(rules, port, null))
  const lost = sessions.filter(({ port, peer }) => !letsIn(rules, port, peer))
  if (shut.length === 0 && lost.length === 0) return
  const who = [
    ...shut.map((port) => `port ${port}`),
    ...lost.map(({ port, peer }) => `${peer}, who is connected to port ${port}`),
  ]
  const message = `SSH would be shut out: ${[...new Set(who)].join('; ')}. Add a rule that allows it.`
  throw new AppError('unprocessable', message, { reason: 'would_lock_out' })
}

/** The first rule that is about it decides. Without a peer: whether anybody is let in. */
function letsIn(rules: readonly UfwRule[], port: number, peer: string | null): boolean {
  for (const rule of rules) {
    if (rule.protocol !== 'tcp' || port < rule.port || port > (rule.lastPort ?? rule.port)) continue
    const opens = rule.action === 'allow' || rule.action === 'limit'
    if (peer === null ? opens || rule.from === 'any' : isFrom(rule, peer)) return opens
  }
  return false
}

export interface FirewallReport extends Omit<UfwState, 'tuples'> {
  sshPorts: number[]
}

export async function readFirewall(host: Host): Promise<FirewallReport> {
  const { tuples, ...state } = await readUfw(host)
  return { ...state, sshPorts: (await readSshAccess(host)).ports }
}
