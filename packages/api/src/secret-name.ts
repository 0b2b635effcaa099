export { saysSecret } from '@ikoma/kernel'
