export { node, nodePlatform } from './node.ts'
export { installedPlatform, type Platform, type PlatformChoices, type Present, survey } from './platform.ts'
export { caddyPlatform, dockerPlatform, nginxPlatform } from './servers.ts'
