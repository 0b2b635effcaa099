export type { CaddySite } from './caddyfile.ts'
export { caddyRoute, listCaddyRoutes, noCaddyRoute, type WantedRoute } from './route.ts'
