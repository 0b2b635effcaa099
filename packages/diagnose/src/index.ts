export { type Diagnosis, diagnose } from './diagnose.ts'
export type { Probes } from './probes.ts'
export type { Subject } from './subject.ts'
