export { type CaddySite, renderCaddyMain, renderCaddySite } from './caddyfile.ts'
export { caddyRoute, listCaddyRoutes, noCaddyRoute } from './route.ts'
