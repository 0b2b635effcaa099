export { type JournalLine, type JournalRange, kernelKills, maxMessageCharacters, readJournal } from './journal.ts'
export { header, isManaged, refuseUnmanaged, refuseUnreadable } from './managed-unit.ts'
export { type RunningUnit, reloadedAfter, runningUnit, stoppedUnit } from './running-unit.ts'
export {
  noSystemdService,
  noSystemdTimer,
  systemdService,
  systemdTimer,
  unitRunning,
  type WantedService,
} from './service.ts'
export {
  type ConnectionSocket,
  type RootConnectionUnit,
  renderConnectionSocket,
  renderRootConnectionUnit,
} from './socket-file.ts'
export { activeStates, stayUp, systemctl, timerState, unitState } from './systemctl.ts'
export { renderTimer, type Timer } from './timer-file.ts'
export { type OneshotUnit, renderOneshotUnit, renderServiceUnit, type ServiceUnit } from './unit-file.ts'
export { type UnitSetup, unitSetup } from './unit-setup.ts'
