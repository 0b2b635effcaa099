import { setupApi } from './api.ts'

/** The app with a bay, services and a client with a car; its Paris clock stands at eight on Monday, 30 November 2026. */
export async function setupPlace({ bays = 1, zone = 'Europe/Paris' } = {}) {
  const api = await setupApi(zone)
  const admin = await api.as('admin')
  const client = await api.as('client')
  const made = async (path: string, body: object): Promise<string> => {
    const answer = await admin.call('POST', `/api/v1${path}`, body)
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
    return answer.body.id ?? answer.body.closure.id
  }
  const bayIds: string[] = []
  for (let n = 1; n <= bays; n += 1)
    bayIds.push(await made('/facilities/wash-bays', { bay_number: `BAY-00${n}`, max_vehicle_size: 'LARGE' }))
  const category = await made('/services/categories', { name: 'Wash' })
  const service = (name: string, minutes: number, price = 50_00) =>
    made(`/services/categories/${category}/services`, { name, price, duration_minutes: minutes })
  const wash = await service('Full', 60)
  const car = { make: 'Renault', model: 'Clio', year: 2024, license_plate: 'ab 123 cd' }
  const vehicle = (await client.call('POST', '/api/v1/vehicles', car)).body.id as string
  const book = (at: string, more: object = {}) =>
    client.call('POST', '/api/v1/bookings', { vehicle_id: vehicle, service_ids: [wash], scheduled_at: at, ...more })
  return { ...api, admin, client, made, bayIds, service, wash, vehicle, book }
}

export const code = ({ body }: { body: { error?: { code: string } } }) => body.error?.code

/** A team: a name and what matters of it. */
export const team = (name: string, more: object) => ({ name, ...more })

/** Somebody who works there. */
export const member = (code: string, more: object = {}) => ({
  ...{ employee_code: code, first_name: 'Ada', last_name: code, employment: 'full_time' },
  ...more,
})

/** Degrees of latitude for so many miles northwards. */
export const north = (miles: number) => (miles * 1_609.344 * 180) / (Math.PI * 6_371_008.8)
