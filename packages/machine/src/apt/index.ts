export { installedVersions, refreshLists } from './apt.ts'
export { packages, packagesForetold, type WantedPackage, type WantedPackages } from './packages.ts'
export { type AptRepository, aptRepository, sourceFile } from './repository.ts'
export { listUpdates, rebootReasons, upToDate } from './updates.ts'
