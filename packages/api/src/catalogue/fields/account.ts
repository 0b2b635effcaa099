import * as z from 'zod'

/** Of a user or group, as useradd(8) takes it. */
export const accountField = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user or group: lower-case letters, digits, _ and -, at most 32')

/** Whom an app runs as. `ikoma` is the runner, whose keys are its own; the server also refuses who can become root. */
export const appAccountField = accountField.refine(
  (name) => name !== 'root' && name !== 'ikoma',
  'must be an account of the app, not root and not the runner',
)
