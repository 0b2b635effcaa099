export { node, nodePlatform, type WantedNode } from './node.ts'
export { type Finding, installedPlatform, type Platform, type PlatformChoices, survey } from './platform.ts'
export { caddyPlatform, dockerPlatform, nginxPlatform } from './servers.ts'
