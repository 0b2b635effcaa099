export { type ListedNginxSite, listNginxSites, nginxSite, noNginxSite } from './site.ts'
export { type NginxSite, type RateLimit, renderNginxSite } from './site-file.ts'
