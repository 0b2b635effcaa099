import type { Database, Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { asc, eq, inArray, sql } from 'drizzle-orm'
import { fits, type VehicleSize } from '../domain/vehicle.ts'
import {
  cancelFault,
  completionFault,
  discountFault,
  paymentFault,
  refundFault,
  servicesChangeFault,
  type Taken,
  tillOf,
  type WalkIn,
  type WalkInFault,
} from '../domain/walk-in.ts'
import { issueReceipt } from './receipts.ts'
import { lockResources } from './resources.ts'
import { services, timeSlots, walkInServices, walkIns, washBays } from './schema.ts'
import { type OpenDay, openDay, type Payment, paymentsOf, writePayment } from './till.ts'
import { releaseSlots, takeSlot } from './time-slots.ts'

/** A walk-in with all that belongs to it. */
export interface WalkInFile extends WalkIn {
  row: typeof walkIns.$inferSelect
  services: (typeof walkInServices.$inferSelect)[]
  payments: Payment[]
}

interface Act {
  now: number
  /** Who does it. */
  by: string
  /** In the same transaction, once it is done. */
  also?: (tx: Transaction, file: WalkInFile) => Promise<void>
}

export interface WantedWalkIn {
  vehicle: { make: string; model: string; color: string; size: VehicleSize; licensePlate?: string }
  customerName?: string | undefined
  customerPhone?: string | undefined
  serviceIds: readonly string[]
  bayId?: string | undefined
}

/** The least that a bay is kept for one who has not said what he wants. */
const leastMin = 30

/** One who takes a bay has it at once, unless somebody else has it before he would be done. */
export async function openWalkIn(database: Database, wanted: WantedWalkIn, act: Act): Promise<WalkInFile> {
  return database.transaction(async (tx) => {
    await openDay(tx, act.now)
    const chosen = await offered(tx, wanted.serviceIds)
    const fresh = { status: 'in_progress', services: [], discountPercent: 0, payments: [] } as const
    refuse(servicesChangeFault(fresh, chosen))
    const { bayId, vehicle, customerName, customerPhone } = wanted
    const slotId = bayId === undefined ? null : await takeBay(tx, bayId, { size: vehicle.size, chosen, now: act.now })
    const row = { id: newId(), status: fresh.status, slotId, vehicle, takenBy: act.by, createdAt: new Date(act.now) }
    await tx
      .insert(walkIns)
      .values({ ...row, customerName: customerName ?? null, customerPhone: customerPhone ?? null })
    if (chosen.length > 0) await tx.insert(walkInServices).values(chosen.map((each) => ({ ...each, walkInId: row.id })))
    const file = await readFile(tx, row.id)
    await act.also?.(tx, file)
    return file
  })
}

type Chosen = { id: string; serviceId: string; name: string; price: number; durationMin: number }

/** Each as often as it is named: somebody may want two carpets washed. */
async function offered(tx: Transaction, ids: readonly string[]): Promise<Chosen[]> {
  const found =
    ids.length === 0
      ? []
      : await tx
          .select()
          .from(services)
          .where(inArray(services.id, [...ids]))
  const active = new Map(found.filter(({ status }) => status === 'active').map((service) => [service.id, service]))
  return ids.map((serviceId) => {
    const service = active.get(serviceId)
    if (!service)
      throw new AppError('unprocessable', `service_ids: ${serviceId} is not offered.`, { reason: 'service_not_found' })
    const { name, price, durationMin } = service
    return { id: newId(), serviceId, name, price, durationMin }
  })
}

const minutesOf = (rows: readonly { durationMin: number }[]) =>
  Math.max(
    leastMin,
    rows.reduce((sum, { durationMin }) => sum + durationMin, 0),
  )

async function takeBay(
  tx: Transaction,
  bayId: string,
  { size, chosen, now }: { size: VehicleSize; chosen: Chosen[]; now: number },
): Promise<string> {
  const [bay] = await tx.select({ largest: washBays.maxVehicleSize }).from(washBays).where(eq(washBays.id, bayId))
  if (!bay) throw new AppError('unprocessable', 'wash_bay_id: there is no such bay.', { reason: 'wash_bay_not_found' })
  if (!fits(size, bay.largest))
    throw new AppError('unprocessable', 'wash_bay_id: the vehicle is too large for it.', { reason: 'bay_too_small' })
  const wanted = { resourceId: bayId, startsAt: now, durationMin: minutesOf(chosen), now, walkIn: true }
  const { slotId } = await takeSlot(tx, wanted)
  return slotId
}

export async function addServices(database: Database, id: string, serviceIds: readonly string[], act: Act) {
  return change(database, id, act, async (tx, file, { bay }) => {
    const chosen = await offered(tx, serviceIds)
    const all = [...file.services, ...chosen]
    refuse(servicesChangeFault(file, all))
    await tx.insert(walkInServices).values(chosen.map((each) => ({ ...each, walkInId: id })))
    if (bay) await keepBayLonger(tx, bay, minutesOf(all), act.now)
  })
}

async function keepBayLonger(tx: Transaction, bay: Bay, durationMin: number, now: number): Promise<void> {
  const startsAt = bay.startsAt.getTime()
  if (startsAt + durationMin * 60_000 <= bay.endsAt.getTime()) return
  await takeSlot(tx, { resourceId: bay.resourceId, startsAt, durationMin, now, walkIn: true }, bay.slotId)
}

/** The bay stays kept for as long as it was. */
export async function removeService(database: Database, id: string, lineId: string, act: Act): Promise<WalkInFile> {
  return change(database, id, act, async (tx, file) => {
    const left = file.services.filter((line) => line.id !== lineId)
    if (left.length === file.services.length)
      throw new AppError('not_found', 'The walk-in has no such service.', { reason: 'service_not_found' })
    refuse(servicesChangeFault(file, left))
    await tx.delete(walkInServices).where(eq(walkInServices.id, lineId))
  })
}

export async function giveDiscount(database: Database, id: string, discountPercent: number, act: Act) {
  return change(database, id, act, async (tx, file) => {
    refuse(discountFault(file, discountPercent))
    await tx.update(walkIns).set({ discountPercent }).where(eq(walkIns.id, id))
  })
}

export async function payWalkIn(database: Database, id: string, payment: Taken, act: Act): Promise<WalkInFile> {
  return change(database, id, act, async (tx, file) => {
    refuse(paymentFault(file, payment))
    await writePayment(tx, { walkInId: id }, payment, act)
  })
}

export async function refundWalkIn(database: Database, id: string, refund: Taken, act: Act): Promise<WalkInFile> {
  return change(database, id, act, async (tx, file) => {
    refuse(refundFault(file, refund))
    await writePayment(tx, { walkInId: id }, { ...refund, amount: -refund.amount }, act)
  })
}

export async function completeWalkIn(database: Database, id: string, act: Act): Promise<WalkInFile> {
  return change(database, id, act, async (tx, file, { day, bay }) => {
    refuse(completionFault(file))
    const { now } = act
    await tx
      .update(walkIns)
      .set({ status: 'completed', completedAt: new Date(now) })
      .where(eq(walkIns.id, id))
    if (bay) await leaveBay(tx, bay, now)
    const lines = file.services.map(({ name, price }) => ({ name, price }))
    await issueReceipt(tx, { walkInId: id }, { lines, discount: tillOf(file).discount }, { day, now })
  })
}

/** The bay is free from now on. One that took longer than it was kept for ends where somebody else's time may begin. */
async function leaveBay(tx: Transaction, bay: Bay, now: number): Promise<void> {
  if (now <= bay.startsAt.getTime()) return releaseSlots(tx, [bay.slotId])
  const end = sql`least(${timeSlots.endsAt}, ${new Date(now).toISOString()}::timestamptz)`
  const buffer = sql`(upper(${timeSlots.blocked}) - ${timeSlots.endsAt})`
  await tx
    .update(timeSlots)
    .set({ endsAt: end, blocked: sql`tstzrange(lower(${timeSlots.blocked}), ${end} + ${buffer})` })
    .where(eq(timeSlots.id, bay.slotId))
}

export async function cancelWalkIn(database: Database, id: string, reason: string | null, act: Act) {
  return change(database, id, act, async (tx, file, { bay }) => {
    refuse(cancelFault(file))
    await tx.update(walkIns).set({ status: 'cancelled', cancelReason: reason }).where(eq(walkIns.id, id))
    if (bay) await releaseSlots(tx, [bay.slotId])
  })
}

interface Bay {
  slotId: string
  resourceId: string
  startsAt: Date
  endsAt: Date
}

/** One act on it, which nobody else can do anything to meanwhile: the place, its bay, then the walk-in itself. */
async function change(
  database: Database,
  id: string,
  { now, also }: Act,
  work: (tx: Transaction, file: WalkInFile, at: { day: OpenDay; bay: Bay | null }) => Promise<void>,
): Promise<WalkInFile> {
  return database.transaction(async (tx) => {
    const day = await openDay(tx, now)
    const bay = await holdBay(tx, id)
    await tx.select({ id: walkIns.id }).from(walkIns).where(eq(walkIns.id, id)).for('update')
    await work(tx, await readFile(tx, id), { day, bay })
    const file = await readFile(tx, id)
    await also?.(tx, file)
    return file
  })
}

async function holdBay(tx: Transaction, walkInId: string): Promise<Bay | null> {
  const columns = { slotId: timeSlots.id, resourceId: timeSlots.resourceId }
  const [slot] = await tx
    .select({ ...columns, startsAt: timeSlots.startsAt, endsAt: timeSlots.endsAt })
    .from(walkIns)
    .innerJoin(timeSlots, eq(timeSlots.id, walkIns.slotId))
    .where(eq(walkIns.id, walkInId))
  if (!slot) return null
  await lockResources(tx, [slot.resourceId])
  const [held] = await tx.select().from(timeSlots).where(eq(timeSlots.id, slot.slotId))
  return held ? { ...slot, startsAt: held.startsAt, endsAt: held.endsAt } : null
}

export async function readFile(reader: Pick<Transaction, 'select'>, id: string): Promise<WalkInFile> {
  const [row] = await reader.select().from(walkIns).where(eq(walkIns.id, id))
  if (!row) throw new AppError('not_found', 'There is no such walk-in.', { reason: 'walk_in_not_found' })
  const lines = await reader
    .select()
    .from(walkInServices)
    .where(eq(walkInServices.walkInId, id))
    .orderBy(asc(walkInServices.id))
  const { status, discountPercent } = row
  return { row, status, discountPercent, services: lines, payments: await paymentsOf(reader, { walkInId: id }) }
}

function refuse(fault: WalkInFault | null): void {
  if (fault) throw faultOf(fault)
}

const messages: Record<WalkInFault, string> = {
  closed: 'The walk-in is completed or cancelled.',
  discount_too_large: 'discount_percent: from 0 to 50.',
  too_cheap: 'After its discount a walk-in costs at least 5.00.',
  nothing_to_pay: 'amount: above zero.',
  overpaid: 'More would be paid than what is due.',
  reference_missing: 'transaction_reference: name it, for all but cash.',
  no_services: 'Add a service first.',
  not_paid: 'It is not paid in full.',
  already_paid: 'Money was taken: give it back first.',
  too_many_services: 'services: at most 20.',
  over_refunded: 'amount: more than what was paid.',
}

/** A state that forbids it is a conflict, a rule that does is unprocessable. */
export function faultOf(fault: WalkInFault): AppError {
  return new AppError(fault === 'closed' ? 'conflict' : 'unprocessable', messages[fault], { reason: fault })
}
