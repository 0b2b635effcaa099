import { accountField, packageField, scopesField } from '@ikoma/api'
import { composeDangers } from '@ikoma/machine/compose'
import * as z from 'zod'
import { defaultPackages } from './default-packages.ts'

/** What this server lets its runner do, whatever the control plane says. Only who administers the server writes it. */
export const policySchema = z
  .strictObject({
    scopes: scopesField
      .default(['runner', 'system.facts', 'check'])
      .describe(
        'Order types that may be executed here, by the scope that each needs: "service" allows "service.compose" too, and "*" everything. What changes the server is among them only when it is written down.',
      ),
    maxTimeoutSec: z
      .number()
      .int()
      .min(1)
      .max(86_400)
      .default(86_400)
      .describe('The longest time, in seconds, that one order may be given.'),
    compose: z
      .record(z.string().regex(/^\//, 'the path of a folder, which begins with /'), z.array(z.enum(composeDangers)))
      .default({})
      .describe(
        'What a compose project may do although it could take the server over with it, by the folder that it is in.',
      ),
    packages: z
      .array(z.union([packageField, z.literal('*')], { error: 'the name of a Debian package such as nginx, or "*"' }))
      .default(defaultPackages)
      .describe(
        'Debian packages that system.packages.apply may install and remove; "*" is every one. What platform orders install is their own.',
      ),
    appAccounts: z
      .array(accountField)
      .default([])
      .describe(
        'Accounts that apps may run as and own folders with although no order made them: one that was there before.',
      ),
    appGroups: z
      .array(accountField)
      .default([])
      .describe("Groups that apps may be in although they are no app's own, such as www-data."),
  })
  .meta({
    title: 'Policy of an IKOMA runner',
    description: 'What this server lets its runner do, whatever the control plane says. Only root should write it.',
  })

export type PolicyKey = keyof typeof policySchema.shape
export const policyKeys = Object.keys(policySchema.shape) as PolicyKey[]

/** JSON Schema 2020-12 of the policy file, for editors and for who makes it by a program. */
export function policyJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(policySchema, { io: 'input' })
}
