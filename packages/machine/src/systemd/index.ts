export { meaningOfExit } from './exit-meaning.ts'
export { type JournalLine, kernelKills, maxMessageCharacters, readJournal } from './journal.ts'
export { header, isManaged, refuseUnmanaged, refuseUnreadable, unitPath } from './managed-unit.ts'
export { becomeReady, portsOf } from './ready.ts'
export { reloadedAfter, runningUnit, stoppedUnit } from './running-unit.ts'
export {
  noSystemdService,
  noSystemdTimer,
  systemdService,
  systemdTimer,
  unitRunning,
  type WantedService,
} from './service.ts'
export { renderConnectionSocket, renderRootConnectionUnit } from './socket-file.ts'
export { activeStates, systemctl, timerState, unitState } from './systemctl.ts'
export { renderServiceUnit } from './unit-file.ts'
export { unitSetup } from './unit-setup.ts'
