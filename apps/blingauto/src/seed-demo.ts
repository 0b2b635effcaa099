import { join } from 'node:path'
import type { BackendParts } from '@ikoma/backend'
import type { Identity } from '@ikoma/backend/identity'
import { identityAccounts } from '@ikoma/backend/identity/schema'
import { AppError, systemClock } from '@ikoma/kernel'
import { isLocal } from '@ikoma/kernel/contract'
import { newToken, readOrMakeSecretFile } from '@ikoma/kernel/node'
import { eq } from 'drizzle-orm'
import { createApp } from './app.ts'
import { placeDemoBookings, seedCatalogue, seedPlaces } from './store/demo.ts'
import { profiles } from './store/schema.ts'
import { seedSite } from './store/seed.ts'

const people = [
  { role: 'manager', firstName: 'Maya', lastName: 'Martin' },
  { role: 'washer', firstName: 'Wassim', lastName: 'Weber' },
  { role: 'client', firstName: 'Claire', lastName: 'Colin' },
]

/** A place to look around in: bays, services, a team, people and some bookings. What is there already stays. */
export async function seedDemo(parts: BackendParts): Promise<number> {
  const { config, database, dataDir } = parts
  if (!isLocal(config.environment)) {
    process.stderr.write(`The demo is for local places: this one is ${config.environment}.\n`)
    return 2
  }
  await seedSite(database, config.text('SITE_ZONE'))
  await seedPlaces(database)
  await seedCatalogue(database)
  const { backend, identity, jobs } = await createApp(parts, systemClock)
  try {
    const file = join(dataDir, 'demo.password')
    const password = readOrMakeSecretFile(file, () => newToken('demo')).content
    const ids: Record<string, string> = {}
    for (const person of people) ids[person.role] = await seedPerson(parts, identity, { ...person, password })
    const placed = await placeDemoBookings(database, ids.client ?? '', systemClock.now())
    const addresses = people.map(({ role }) => addressOf(role)).join(', ')
    process.stdout.write(`${addresses}: password in ${file}\n${placed} bookings were placed.\n`)
    return 0
  } finally {
    await backend.close()
    await jobs.stop()
  }
}

const addressOf = (role: string) => `${role}@blingauto.localhost.test`

async function seedPerson(
  { database }: BackendParts,
  identity: Identity,
  { role, firstName, lastName, password }: { role: string; firstName: string; lastName: string; password: string },
): Promise<string> {
  const email = addressOf(role)
  const find = () => database.db.select().from(identityAccounts).where(eq(identityAccounts.email, email))
  const [before] = await find()
  if (before) return before.id
  await identity.register({ email, password, role }, async (tx, { id }) => {
    await tx.insert(profiles).values({ accountId: id, firstName, lastName, locale: 'fr' })
    await tx.update(identityAccounts).set({ emailVerifiedAt: new Date() }).where(eq(identityAccounts.id, id))
  })
  const [account] = await find()
  if (!account) throw new AppError('internal', `${email} was not made.`)
  return account.id
}
