import type { Io } from './io.ts'
import type { Language, Messages } from './messages/index.ts'
import type { Output } from './output.ts'

/** What a command works with besides its options. */
export interface Context {
  io: Io
  out: Output
  t: Messages
  language: Language
}
