import * as z from 'zod'
import { pathField } from './path.ts'

/** Any text that a process can be given. */
export const argumentField = z
  .string()
  .max(8192)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be Unicode text without NUL')

export const argvField = z.tuple([pathField], argumentField).refine((argv) => argv.length <= 100, 'at most 100 words')
