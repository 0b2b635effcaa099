/** @public For whoever asks for a secret or refuses one in plain text, in browsers too. */
export { saysSecret } from '@ikoma/kernel'
