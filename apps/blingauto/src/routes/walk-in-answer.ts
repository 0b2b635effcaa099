import { callerOf, keepAnswer } from '@ikoma/backend/http'
import type { Transaction } from '@ikoma/backend/postgres'
import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { vehicleSizes } from '../domain/vehicle.ts'
import { tillOf } from '../domain/walk-in.ts'
import type { WalkInFile } from '../store/walk-ins.ts'
import { amount, paymentsPart, shownPayments } from './money.ts'

export const walkInStatuses = z.enum(['in_progress', 'completed', 'cancelled'])
export const walkInAnswer = z
  .object({
    id: z.uuid(),
    status: walkInStatuses,
    vehicle: z.object({
      make: z.string(),
      model: z.string(),
      color: z.string(),
      size: z.enum(vehicleSizes),
      license_plate: z.string().nullable(),
    }),
    customer_name: z.string().nullable(),
    customer_phone: z.string().nullable(),
    services: z.array(
      z.object({
        id: z.uuid(),
        service_id: z.uuid().nullable(),
        name: z.string(),
        price: amount,
        duration_minutes: z.number().int(),
      }),
    ),
    price: amount,
    discount_percent: z.number().int(),
    discount: amount,
    final_price: amount,
    ...paymentsPart,
    created_at: z.string(),
    completed_at: z.string().nullable(),
    cancel_reason: z.string().nullable(),
  })
  .meta({ id: 'WalkIn' })

/** The answer is kept in the transaction of the act, for whoever asks again with the same key. */
export function actOf(request: FastifyRequest, now: number, status = 200) {
  const also = (tx: Transaction, file: WalkInFile) => keepAnswer(tx, request, { status, body: shownFile(file) })
  return { now, by: callerOf(request).id, also }
}

export function shownFile(file: WalkInFile): z.infer<typeof walkInAnswer> {
  const { row, services } = file
  const { licensePlate = null, ...vehicle } = row.vehicle
  const { price, discount, total, paymentStatus } = tillOf(file)
  return {
    id: row.id,
    status: row.status,
    vehicle: { ...vehicle, license_plate: licensePlate },
    customer_name: row.customerName,
    customer_phone: row.customerPhone,
    services: services.map((line) => ({
      id: line.id,
      service_id: line.serviceId,
      name: line.name,
      price: line.price,
      duration_minutes: line.durationMin,
    })),
    price,
    discount_percent: row.discountPercent,
    discount,
    final_price: total,
    ...shownPayments(file.payments, total),
    payment_status: paymentStatus,
    created_at: row.createdAt.toISOString(),
    completed_at: row.completedAt?.toISOString() ?? null,
    cancel_reason: row.cancelReason,
  }
}
