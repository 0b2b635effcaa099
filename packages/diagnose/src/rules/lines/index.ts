import type { Rule } from '../../rule.ts'
import {
  databaseBusy,
  databaseFolder,
  databaseLocked,
  databaseLogin,
  databaseReadOnly,
  databaseRights,
  databaseTls,
  databaseUnknown,
  databaseVersion,
  dataDamaged,
  mongoNotReady,
  mysqlNotReady,
} from './databases.ts'
import { containerSetup, imageMissing, sharedMemory, watchLimit } from './docker.ts'
import {
  badOption,
  entrypointBroken,
  fileMissing,
  pidFileLeft,
  runtimeVersion,
  settingMissing,
  syntaxError,
} from './start.ts'
import {
  assetsMissing,
  bodyTooLarge,
  dependencyDown,
  headerTooBig,
  hostNotAllowed,
  mailRefused,
  nameUnknown,
  peerCertificate,
  scriptUnknown,
  upstreamSocket,
  workersBusy,
} from './web.ts'

/** Why a program does not get up, in its own words. */
export const startLines: readonly Rule[] = [
  ...[syntaxError, badOption, runtimeVersion, entrypointBroken, settingMissing, pidFileLeft, fileMissing],
  ...[imageMissing, containerSetup],
]

export const databaseLines: readonly Rule[] = [
  ...[databaseVersion, dataDamaged, databaseFolder, databaseUnknown, databaseLogin, databaseRights, databaseTls],
  ...[databaseReadOnly, mysqlNotReady, mongoNotReady, databaseBusy, databaseLocked],
]

/** What an app says while it runs. */
export const webLines: readonly Rule[] = [
  ...[sharedMemory, watchLimit, nameUnknown, peerCertificate, dependencyDown, upstreamSocket, scriptUnknown],
  ...[headerTooBig, hostNotAllowed, assetsMissing, workersBusy, bodyTooLarge, mailRefused],
]
