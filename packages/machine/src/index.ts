export { type Certificate, readCertificate } from './certificate.ts'
export type { Entry, Exit, FileAccess, FileContent, Host, Program } from './host.ts'
export { mustRun } from './must-run.ts'
export { applyAll, type Change, type Course, type Desired, planFor } from './plan.ts'
