import { newId } from '@ikoma/kernel'
import { categories, resources, services, washBays } from '../store/schema.ts'
import { type Call, setupApi } from './api.ts'

/** A place with bays and two services, its people signed in, and a client with a car. */
export async function setupCounter({ zone = 'Europe/Paris', bays = 1 } = {}) {
  const api = await setupApi(zone)
  const { db } = api.database
  const bayIds: string[] = []
  for (let n = 1; n <= bays; n += 1) {
    const id = newId()
    await db.insert(resources).values({ id, kind: 'bay' })
    await db.insert(washBays).values({ id, bayNumber: `BAY-00${n}`, maxVehicleSize: 'large' })
    bayIds.push(id)
  }
  const categoryId = newId()
  await db.insert(categories).values({ id: categoryId, name: 'Wash' })
  const [full, wax] = [newId(), newId()]
  await db.insert(services).values([
    { id: full, categoryId, name: 'Full wash', price: 29_90, durationMin: 60 },
    { id: wax, categoryId, name: 'Wax', price: 10_05, durationMin: 30 },
  ])
  const client = await api.as('client')
  const car = { make: 'Renault', model: 'Clio', year: 2024, license_plate: 'AB-123-CD' }
  const vehicle = (await client.call('POST', '/api/v1/vehicles', car)).body.id as string
  const people: Record<string, number> = {}
  return {
    ...api,
    ...{ bayId: bayIds[0] ?? '', bayIds, full, wax, categoryId, client, vehicle },
    /** Somebody of the role whose token is of now: it lives a quarter of an hour. */
    async fresh(role: string): Promise<Call> {
      people[role] = (people[role] ?? 0) + 1
      return (await api.as(role, `${role}-${people[role]}`)).call
    },
    /** The client, signed in again. */
    async again() {
      const login = { email: 'client@example.org', password: 'correct-horse-7-battery' }
      const { body } = await api.call('POST', '/api/v1/auth/login', login)
      const headers = { authorization: `Bearer ${body.access_token}` }
      const asClient: Call = (method, path, sent, more = {}) => api.call(method, path, sent, { ...headers, ...more })
      return asClient
    },
    /** A booking of the client's, at a time such as `2026-12-01T10:00:00+01:00`. */
    async book(at: string, serviceIds = [full]) {
      const wanted = { vehicle_id: vehicle, service_ids: serviceIds, scheduled_at: at }
      const { status, body } = await client.call('POST', '/api/v1/bookings', wanted)
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body.id as string
    },
  }
}
