import { bigint, doublePrecision, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import type { Hours } from '../../domain/opening-hours.ts'
import type { VehicleSize } from '../../domain/vehicle.ts'
import { created } from './columns.ts'

/** What can be booked: its row is locked by whoever takes a time of it. */
export const resources = pgTable('resources', {
  id: uuid('id').primaryKey(),
  kind: text('kind').$type<'bay' | 'team' | 'staff'>().notNull(),
  status: text('status').$type<'active' | 'inactive' | 'maintenance'>().notNull().default('active'),
  /** One more at each change of what is taken of it, in the transaction that changes it. */
  version: bigint('version', { mode: 'number' }).notNull().default(0),
  ...created,
})

const resourceId = () =>
  uuid('id')
    .primaryKey()
    .references(() => resources.id)

export const washBays = pgTable('wash_bays', {
  id: resourceId(),
  bayNumber: text('bay_number').notNull().unique(),
  maxVehicleSize: text('max_vehicle_size').$type<VehicleSize>().notNull(),
  equipment: jsonb('equipment').$type<string[]>().notNull().default([]),
  latitude: doublePrecision('latitude'),
  longitude: doublePrecision('longitude'),
})

export const mobileTeams = pgTable('mobile_teams', {
  id: resourceId(),
  name: text('name').notNull().unique(),
  baseLatitude: doublePrecision('base_latitude'),
  baseLongitude: doublePrecision('base_longitude'),
  radiusM: integer('radius_m').notNull(),
  dailyCapacity: integer('daily_capacity').notNull(),
})

export const staffMembers = pgTable('staff_members', {
  id: resourceId(),
  /** Who signs in as them, when they do. */
  accountId: uuid('account_id').unique(),
  employeeCode: text('employee_code').notNull().unique(),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  phoneNumber: text('phone_number'),
  employment: text('employment').$type<'full_time' | 'part_time' | 'contractor' | 'temporary'>().notNull(),
  /** The team that they go out with; who is in none works at the bays. */
  teamId: uuid('team_id').references(() => mobileTeams.id),
})

/** The hours of one bay, team or member of the staff; who has none has those of the place. */
export const resourceHours = pgTable(
  'resource_hours',
  {
    resourceId: uuid('resource_id')
      .notNull()
      .references(() => resources.id),
    weekday: integer('weekday').notNull(),
    hours: jsonb('hours').$type<Hours[]>().notNull(),
  },
  ({ resourceId: resource, weekday }) => [uniqueIndex('resource_hours_day').on(resource, weekday)],
)
