export { listNginxSites, nginxSite, noNginxSite } from './site.ts'
export type { NginxSite } from './site-file.ts'
