import { absolutePath, each, unitName, whole } from '../values/index.ts'

export interface FirewallRollback {
  /** Where the copies lie, and what each is a copy of. */
  copies: readonly { copy: string; original: string }[]
  /** What says that there is something to go back to, and what says afterwards that it was done. */
  pendingFolder: string
  doneFolder: string
  /** Whether ufw was on. */
  enabled: boolean
}

/** A service that puts ufw back as it was. Every step is tried, whatever became of the one before. */
export function renderRollbackService(rollback: FirewallRollback): string {
  const { copies, enabled } = rollback
  const [pending, done] = [
    absolutePath(rollback.pendingFolder, 'pendingFolder'),
    absolutePath(rollback.doneFolder, 'doneFolder'),
  ]
  const restored = each(copies, 'copies', ({ copy, original }, field) => [
    ...['/usr/bin/cp', '--preserve=mode,ownership', '--'],
    ...[absolutePath(copy, `${field}/copy`), absolutePath(original, `${field}/original`)],
  ])
  const load = enabled ? [['--force', 'enable'], ['reload']] : [['disable']]
  const steps = [
    ...restored,
    ...load.map((words) => ['/usr/sbin/ufw', ...words]),
    ['/usr/bin/rm', '--recursive', '--force', '--', done],
    ['/usr/bin/mv', '--no-target-directory', '--', pending, done],
    ['/usr/bin/systemctl', 'disable', '--now', 'ikoma-firewall-rollback.timer'],
  ]
  return [
    '[Unit]',
    'Description=Put the firewall back as it was before an order that nobody confirmed',
    '',
    '[Service]',
    'Type=oneshot',
    ...steps.map((words) => `ExecStart=-${words.join(' ')}`),
    '',
  ].join('\n')
}

/** Counts from when it is started, and again from a boot: nothing that ends in between saves an unconfirmed firewall. */
export function renderRollbackTimer({ unit, afterSec }: { unit: string; afterSec: number }): string {
  return [
    '[Unit]',
    'Description=Wait for the new firewall to be confirmed',
    '',
    '[Timer]',
    `Unit=${unitName(unit, 'unit')}`,
    `OnActiveSec=${whole(afterSec, 'afterSec', 10, 86_400)}`,
    'AccuracySec=1s',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ].join('\n')
}
