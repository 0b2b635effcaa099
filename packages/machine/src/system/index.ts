export { homeOf, ownAccount } from './accounts.ts'
export { asUser } from './as-user.ts'
export { isClockSynchronized } from './clock.ts'
export { directory, type WantedDirectory } from './directory.ts'
export { type Disk, readDisks } from './disks.ts'
export { type Environment, renderEnvironmentFile } from './environment-file.ts'
export { file, noFile, sameAccess } from './file.ts'
export { hostname } from './hostname.ts'
export { link } from './link.ts'
export {
  isListening,
  type ListeningSocket,
  listeningSockets,
  type ProcessOrigin,
  parentOf,
  processOrigin,
} from './listeners.ts'
export { type Accounts, readAccounts } from './local-accounts.ts'
export { logEndArgv, logEndBytes, readLogEnd, wholeLines } from './log-end.ts'
export { type Memory, readMemory } from './memory.ts'
export { swapFile } from './swap-file.ts'
export { timezone } from './timezone.ts'
export { runningFrom, unpackedArchive, type WantedArchive } from './unpacked-archive.ts'
export { user, userHome } from './user.ts'
