export { refuseLinks, refuseReplaceable } from './links.ts'
