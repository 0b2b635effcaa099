export type { CaddySite } from './caddyfile.ts'
export { caddyRoute, listCaddyRoutes, noCaddyRoute } from './route.ts'
