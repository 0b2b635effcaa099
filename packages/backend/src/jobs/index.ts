export { type JobContext, type JobDefinition, job, type ScheduleDefinition } from './definitions.ts'
export { jobCommand } from './job-command.ts'
export { defineJobs, type EnqueueOptions, type Jobs } from './jobs.ts'
