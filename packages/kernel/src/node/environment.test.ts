import { expect, test } from 'vitest'
import * as z from 'zod'
import { AppError } from '../errors.ts'
import { portVariable, readEnvironment, switchVariable } from './environment.ts'

const schema = z.object({
  PORT: portVariable.default(3000),
  VERBOSE: switchVariable.default(false),
  SECRET: z.string().min(10),
})

test('reads, converts and fills in defaults; an empty value counts as unset', () => {
  expect(readEnvironment(schema, { PORT: '', VERBOSE: 'on', SECRET: 'long enough' })).toEqual({
    PORT: 3000,
    VERBOSE: true,
    SECRET: 'long enough',
  })
})

test('names every wrong variable at once, and shows no value', () => {
  try {
    readEnvironment(schema, { PORT: 'eighty', VERBOSE: 'perhaps', SECRET: 'hunter2' })
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    const message = JSON.stringify((error as AppError).fields)
    for (const name of ['PORT', 'VERBOSE', 'SECRET']) expect(message).toContain(name)
    for (const value of ['eighty', 'perhaps', 'hunter2']) expect(message).not.toContain(value)
  }
})
