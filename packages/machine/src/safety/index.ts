export {
  appMark,
  isAppAccount,
  lineFor,
  type NamedAccounts,
  nobodyNamed,
  refuseOthersAccount,
  refuseOthersGroups,
} from './app-accounts.ts'
export { refuseLinks, refuseReplaceable } from './links.ts'
export { refuseForeignFolders } from './own-folders.ts'
export { refusePowerfulGroups, refusePowerfulUser } from './powerful-users.ts'
export { isReservedAccount } from './reserved-accounts.ts'
export {
  accessOf,
  accountOf,
  belongsTo,
  isRootsAlone,
  onlyOwnerWrites,
  othersRename,
  othersWrite,
} from './roots-alone.ts'
export { readSecretFile, refuseOpenSecretFile } from './secret-file.ts'
export { refuseTurnable } from './turnable.ts'
