export { listNginxSites, nginxSite, noNginxSite } from './site.ts'
export { type NginxSite, renderNginxSite } from './site-file.ts'
