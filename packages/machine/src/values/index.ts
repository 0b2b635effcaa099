export {
  type Address,
  address,
  bytes,
  domainName,
  email,
  httpsUrl,
  ipAddress,
  port,
  seconds,
  whole,
} from './address.ts'
export { type Headers, headers } from './http-header.ts'
export { account, image, name, packageName, unitName, unprivilegedAccount, variableName } from './name.ts'
export { absolutePath, hiddenPath, relativePath, requestTarget, urlPath } from './path.ts'
export { atLeastOne, each, entries, matching, oneOf, optional, refuse } from './refusal.ts'
export { line, text } from './text.ts'
