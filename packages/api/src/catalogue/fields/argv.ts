import * as z from 'zod'
import { wordsOfCommands } from '../free-text.ts'
import { pathField } from './path.ts'

const text = () =>
  z
    .string()
    .max(8192)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be Unicode text without NUL')

/** Any text that a process can be given in its environment. */
export const variableField = text()

/** A word of a command line. */
export const argumentField = text()
wordsOfCommands.add(argumentField)

export const argvField = z.tuple([pathField], argumentField).refine((argv) => argv.length <= 100, 'at most 100 words')
