import * as z from 'zod'
import { appPlaces, isAppPlace } from './app-places.ts'

/** Absolute and in its shortest form, of characters that mean themselves in every file that is rendered. */
export const pathField = z
  .string()
  .max(4096)
  .regex(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/, 'an absolute path without "..", of letters, digits and . _ @ + -')

/** Where apps live. What is below it is all that the app may own or mount. */
export const appDirectoryField = pathField.refine(isAppPlace, `a folder ${appPlaces}`)
