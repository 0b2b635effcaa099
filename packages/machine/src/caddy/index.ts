export { type CaddyAcme, type CaddyMain, type CaddySite, renderCaddyMain, renderCaddySite } from './caddyfile.ts'
export { type CaddyRoute, caddyRoute, listCaddyRoutes, noCaddyRoute } from './route.ts'
