export { fetchBelieving, speaksTls } from './authorities.ts'
export { portVariable, readEnvironment, switchVariable } from './environment.ts'
export { type HttpAnswer, httpFetch } from './http-fetch.ts'
export { createLog, type Log, logLevels } from './log.ts'
export { accountOfPeer } from './peer-account.ts'
export {
  boxKeyFromPem,
  newBoxKey,
  openBox,
  sealTo,
} from './sealed-box.ts'
export { createSealer, type Sealer } from './sealer.ts'
export { readOrMakeSecretFile, readSecretFile, replaceSecretFile } from './secret-file.ts'
export { stopOnSignal } from './shutdown.ts'
export { newSigningKey, type SigningKey, signingKeyFromPem, verifiesSignature, verifySignature } from './signing-key.ts'
export { collectStartGarbage } from './start-garbage.ts'
export { equalDigests, equalSecrets, hashToken, isToken, newToken } from './token.ts'
