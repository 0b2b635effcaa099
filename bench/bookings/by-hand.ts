// The statements of a booking by hand, on a bare Fastify: the same rows under the same locks and constraint, without accounts,
// policies, limits, idempotency or logs. `node bench/bookings/by-hand.ts <database url>` says `{"url": …}` when it listens.
import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import pg from 'pg'

interface Wanted {
  customer_id: string
  vehicle_id: string
  service_id: string
  wash_bay_id: string
  scheduled_at: string
}

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 })
const durationMin = 60

async function place(wanted: Wanted): Promise<{ id: string } | null> {
  if (await isTaken(wanted)) return null
  const client = await pool.connect()
  try {
    await client.query('begin')
    const booking = await insert(client, wanted)
    await client.query(booking ? 'commit' : 'rollback')
    return booking
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** Looked at before anything is locked. */
async function isTaken({ wash_bay_id: bay, scheduled_at: at }: Wanted): Promise<boolean> {
  const text = `select site.zone, site.notice_min, site.horizon_days, s.id as slot from site
    left join time_slots s on s.resource_id = $1 and not s.released
      and s.blocked && tstzrange($2::timestamptz, $2::timestamptz + $3 * interval '1 min')
    left join bookings b on b.slot_id = s.id left join bookings w on w.staff_slot_id = s.id`
  const { rows } = await pool.query({ name: 'look', text, values: [bay, at, durationMin] })
  return rows.some(({ slot }) => slot !== null)
}

async function insert(client: pg.PoolClient, wanted: Wanted): Promise<{ id: string } | null> {
  const from = new Date(wanted.scheduled_at)
  const to = new Date(from.getTime() + durationMin * 60_000)
  const asked = (name: string, text: string, values: unknown[]) => client.query({ name, text, values })
  await asked('vehicle', 'select * from vehicles where id = $1 and customer_id = $2', [
    wanted.vehicle_id,
    wanted.customer_id,
  ])
  const bay = 'select w.* from wash_bays w join resources r using (id) where r.id = $1 and r.status = $2'
  await asked('bay', bay, [wanted.wash_bay_id, 'active'])
  const services = await asked(
    'services',
    "select id, name, price, duration_min from services where id = any($1) and status = 'active'",
    [[wanted.service_id]],
  )
  const site = (await asked('site', 'select * from site for key share', [])).rows[0]
  const lock = `update resources set version = version + 1
    from (select id from resources where id = $1 for update) held where resources.id = held.id returning status`
  await asked('lock', lock, [wanted.wash_bay_id])
  const taken = await asked(
    'taken',
    `select s.id from time_slots s left join bookings b on b.slot_id = s.id left join bookings w on w.staff_slot_id = s.id
      where s.resource_id = $1 and not s.released and s.blocked && tstzrange($2, $3)`,
    [wanted.wash_bay_id, from, to],
  )
  if (taken.rows.length > 0) return null
  const [slotId, id] = [randomUUID(), randomUUID()]
  await asked(
    'slot',
    'insert into time_slots (id, resource_id, starts_at, ends_at, blocked) values ($1, $2, $3::timestamptz, $4::timestamptz, tstzrange($3, $4))',
    [slotId, wanted.wash_bay_id, from, to],
  )
  await asked(
    'booking',
    `with lines as (insert into booking_services (booking_id, service_id, name, price, duration_min)
      values ($1, $10, $11, $9, $8))
      insert into bookings (id, customer_id, vehicle_id, type, status, slot_id, starts_at, ends_at, local_date, local_time,
      zone, duration_min, price, hold_expires_at)
      values ($1, $2, $3, 'stationary', 'pending', $4, $5::timestamptz, $6, $5::timestamptz::date, '10:00', $7, $8, $9, now() + interval '30 min')`,
    [
      id,
      wanted.customer_id,
      wanted.vehicle_id,
      slotId,
      from,
      to,
      site.zone,
      durationMin,
      services.rows[0].price,
      wanted.service_id,
      services.rows[0].name,
    ],
  )
  return { id }
}

const app = fastify()
const text = { type: 'string' }
const properties = {
  customer_id: text,
  vehicle_id: text,
  service_id: text,
  wash_bay_id: text,
  scheduled_at: text,
}
const body = { type: 'object', properties, required: Object.keys(properties) }
app.post<{ Body: Wanted }>('/', { schema: { body } }, async (request, reply) => {
  const booking = await place(request.body)
  return booking ? reply.code(201).send(booking) : reply.code(409).send({ error: 'taken' })
})
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.stdin.once('end', () => process.exit(0)).resume()
