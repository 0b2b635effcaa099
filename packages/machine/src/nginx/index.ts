export { listNginxSites, nginxSite, noNginxSite, type WantedSite } from './site.ts'
export type { NginxSite } from './site-file.ts'
