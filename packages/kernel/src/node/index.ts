export { portVariable, readEnvironment, switchVariable } from './environment.ts'
export { httpFetch } from './http-fetch.ts'
export { createLog, type Log, logLevels } from './log.ts'
export {
  boxKeyFromPem,
  newBoxKey,
  openBox,
  sealTo,
} from './sealed-box.ts'
export { readOrMakeSecretFile, readSecretFile } from './secret-file.ts'
export { stopOnSignal } from './shutdown.ts'
export { newSigningKey, type SigningKey, signingKeyFromPem, verifySignature } from './signing-key.ts'
export { collectStartGarbage } from './start-garbage.ts'
export { equalDigests, equalSecrets, hashToken, isToken, newToken } from './token.ts'
