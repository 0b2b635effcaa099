export { readRedisInfo } from './redis.ts'
