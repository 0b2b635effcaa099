import type { Rule } from '../rule.ts'
import { containerTroubles, dockerDown } from './containers.ts'
import {
  postgresDatabaseMissing,
  postgresNotReady,
  postgresWrongPassword,
  redisDown,
  redisRefuses,
} from './database.ts'
import { buildMissing, environmentFileMissing, environmentMissing, nodeVersion } from './environment.ts'
import { keepAliveMismatch } from './keep-alive.ts'
import { databaseLines, startLines, webLines } from './lines/index.ts'
import { clockSkew, diskFull, outOfMemory, tooManyFiles } from './machine.ts'
import { migrationFailed, migrationMissing } from './migration.ts'
import { dnsElsewhere, dnsMissing, firewallClosed, portsPastFirewall } from './network.ts'
import {
  credentialsMissing,
  oauthInvalidClient,
  oauthInvalidGrant,
  oauthNotConnected,
  oauthRedirectMismatch,
  oauthState,
} from './oauth.ts'
import { packagesUnfinished } from './packages.ts'
import { permissionDenied, privilegedPort, readOnlyPath } from './permission.ts'
import { pm2Errored, pm2Overrun, pm2Restarting } from './pm2.ts'
import { listeningElsewhere, listeningOnOneAddress, portNotListening, portTaken } from './port.ts'
import { programError } from './program-error.ts'
import {
  httpNoAnswer,
  httpServerError,
  proxyConfigBroken,
  proxyDown,
  proxyWrongPort,
  upstreamDown,
  upstreamSlow,
  upstreamUnknown,
} from './proxy.ts'
import { databaseDamaged, databaseFileMissing } from './sqlite.ts'
import { startStepFailed, unitStages } from './start.ts'
import { acmeDns, acmeFailed, acmeRateLimited, acmeUnauthorized, acmeUnreachable, tlsTroubles } from './tls.ts'
import { restartLoop, unitEnded, unitFailed, unitMissing, unitNotReloaded, unitStopped } from './unit.ts'

const known: readonly Rule[] = [
  ...[packagesUnfinished, diskFull, outOfMemory, clockSkew, tooManyFiles],
  ...[portTaken, privilegedPort, permissionDenied, readOnlyPath],
  ...[environmentFileMissing, environmentMissing, buildMissing, nodeVersion, ...unitStages, startStepFailed],
  ...startLines,
  ...[databaseFileMissing, databaseDamaged, migrationFailed, migrationMissing],
  ...[postgresDatabaseMissing, postgresWrongPassword, postgresNotReady, redisRefuses, redisDown],
  ...databaseLines,
  ...[dockerDown, ...containerTroubles, pm2Errored, pm2Restarting, pm2Overrun],
  ...[unitMissing, unitStopped, unitEnded, unitNotReloaded, restartLoop, unitFailed],
  ...[dnsMissing, dnsElsewhere, firewallClosed, proxyConfigBroken, proxyDown],
  ...[acmeRateLimited, acmeDns, acmeUnauthorized, acmeUnreachable, acmeFailed, ...tlsTroubles],
  ...[listeningElsewhere, listeningOnOneAddress, proxyWrongPort, upstreamUnknown, upstreamSlow],
  ...[portNotListening, upstreamDown, keepAliveMismatch],
  ...webLines,
  ...[credentialsMissing, oauthRedirectMismatch, oauthInvalidClient, oauthInvalidGrant, oauthState, oauthNotConnected],
  ...[httpServerError, httpNoAnswer, portsPastFirewall],
]

/** All that is known of how things go wrong; of two findings that are equally sure, the earlier rule's comes first. */
export const rules: readonly Rule[] = [...known, programError(known)]
