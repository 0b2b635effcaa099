export { clockGoes, isClock, leftOutOf } from './clock.ts'
export { noPm2, pm2Daemon, pm2Stopped } from './daemon.ts'
export {
  findPm2Processes,
  listPm2,
  type Pm2Account,
  pm2,
  pm2Account,
  readPm2,
  readPm2Log,
} from './pm2.ts'
export { pm2Processes, pm2Saved } from './processes.ts'
export { becomePm2Ready, formerOf } from './ready.ts'
