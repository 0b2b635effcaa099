import type { Rule } from '../rule.ts'
import { containerTroubles, dockerDown, pm2Errored } from './containers.ts'
import {
  postgresDatabaseMissing,
  postgresNotReady,
  postgresWrongPassword,
  redisDown,
  redisRefuses,
} from './database.ts'
import { buildMissing, environmentFileMissing, environmentMissing, nodeVersion } from './environment.ts'
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
import { permissionDenied, privilegedPort, readOnlyPath } from './permission.ts'
import { listeningElsewhere, listeningOnOneAddress, portNotListening, portTaken } from './port.ts'
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
import { acmeDns, acmeFailed, acmeRateLimited, acmeUnauthorized, acmeUnreachable, tlsTroubles } from './tls.ts'
import { restartLoop, unitFailed, unitMissing, unitNotReloaded, unitStages, unitStopped } from './unit.ts'

/** All that is known of how things go wrong; of two findings that are equally sure, the earlier rule's comes first. */
export const rules: readonly Rule[] = [
  ...[diskFull, outOfMemory, clockSkew, tooManyFiles],
  ...[portTaken, privilegedPort, permissionDenied, readOnlyPath],
  ...[environmentFileMissing, environmentMissing, buildMissing, nodeVersion, ...unitStages],
  ...[databaseFileMissing, databaseDamaged, migrationFailed, migrationMissing],
  ...[postgresDatabaseMissing, postgresWrongPassword, postgresNotReady, redisRefuses, redisDown],
  ...[dockerDown, ...containerTroubles, pm2Errored],
  ...[unitMissing, unitStopped, unitNotReloaded, restartLoop, unitFailed],
  ...[dnsMissing, dnsElsewhere, firewallClosed, proxyConfigBroken, proxyDown],
  ...[acmeRateLimited, acmeDns, acmeUnauthorized, acmeUnreachable, acmeFailed, ...tlsTroubles],
  ...[listeningElsewhere, listeningOnOneAddress, proxyWrongPort, upstreamUnknown, upstreamSlow],
  ...[portNotListening, upstreamDown],
  ...[credentialsMissing, oauthRedirectMismatch, oauthInvalidClient, oauthInvalidGrant, oauthState, oauthNotConnected],
  ...[httpServerError, httpNoAnswer, portsPastFirewall],
]
