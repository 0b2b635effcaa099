import * as z from 'zod'
import { variableField } from './argv.ts'

export const environmentField = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'letters, digits and _, not beginning with a digit')
      .refine((name) => name !== '__proto__', 'a name that JavaScript reserves'),
    variableField,
  )
  .refine((environment) => Object.keys(environment).length <= 200, 'at most 200 variables')
