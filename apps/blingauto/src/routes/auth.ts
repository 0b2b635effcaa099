import { accountRoutes } from './auth/account.ts'
import { passwordRoutes } from './auth/passwords.ts'
import { registrationRoutes } from './auth/registration.ts'
import { secondFactorRoutes } from './auth/second-factor.ts'
import { signingRoutes } from './auth/signing.ts'
import { userRoutes } from './auth/users.ts'
import type { Parts } from './parts.ts'

export function authRoutes(parts: Parts): void {
  for (const add of [registrationRoutes, signingRoutes, passwordRoutes, secondFactorRoutes, accountRoutes, userRoutes])
    add(parts)
}
