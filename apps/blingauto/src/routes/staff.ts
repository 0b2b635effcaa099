import type { Transaction } from '@ikoma/backend/postgres'
import { AppError, newId } from '@ikoma/kernel'
import { and, asc, count, eq, ne } from 'drizzle-orm'
import * as z from 'zod'
import type { Reader } from '../store/calendar.ts'
import { changeResource, isOf, noSuch } from '../store/resource-changes.ts'
import { identityAccounts, resources, staffMembers } from '../store/schema.ts'
import { type Parts, typed } from './parts.ts'
import { retiringRoutes } from './resources.ts'

const tags = ['staff']
const path = '/api/v1/staff'
const status = z.enum(['active', 'inactive'])
const employment = z.enum(['full_time', 'part_time', 'contractor', 'temporary'])
const text = z.string().trim().min(1)
const fields = {
  employee_code: text.max(30),
  first_name: text.max(100),
  last_name: text.max(100),
  phone_number: text.max(30).nullish(),
  employment,
  account_id: z.uuid().nullish().describe('Who signs in as them, when they do.'),
  mobile_team_id: z.uuid().nullish().describe('The team that they go out with; without one they work at the bays.'),
}
const member = z
  .object({
    id: z.uuid(),
    employee_code: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    phone_number: z.string().nullable(),
    employment,
    account_id: z.uuid().nullable(),
    mobile_team_id: z.uuid().nullable(),
    status,
  })
  .meta({ id: 'StaffMember' })

export function staffRoutes(parts: Parts): void {
  makingRoute(parts)
  readingRoutes(parts)
  changeRoute(parts)
  retiringRoutes(typed(parts.app), path, 'staff', parts)
}

function makingRoute({ app: server, database }: Parts): void {
  typed(server).post(
    path,
    {
      config: { access: 'managers', idempotent: true },
      schema: { tags, summary: 'Add somebody who works here', body: z.strictObject(fields), response: { 201: member } },
    },
    async ({ body }, reply) => {
      const id = newId()
      const { employee_code: employeeCode, first_name: firstName, last_name: lastName } = body
      const row = { id, employeeCode, firstName, lastName, employment: body.employment }
      await database.transaction(async (tx) => {
        await refuseUnknown(tx, body)
        await tx.insert(resources).values({ id, kind: 'staff' })
        await refuseTaken(tx, body, id)
        await tx.insert(staffMembers).values({ ...valuesOf(body), ...row })
      })
      return reply.code(201).send(await getMember(database.db, id))
    },
  )
}

function readingRoutes({ app: server, database: { db } }: Parts): void {
  const app = typed(server)

  app.get(
    path,
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'Who works here; who left only when they are asked for',
        querystring: z.object({
          status: z.enum(['active', 'inactive', 'all']).default('active'),
          page: z.coerce.number().int().min(1).max(100_000).default(1),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
        response: {
          200: z.object({
            staff: z.array(member),
            total_count: z.number().int(),
            page: z.number().int(),
            limit: z.number().int(),
            has_next: z.boolean(),
          }),
        },
      },
    },
    async ({ query: { page, limit, status: asked } }) => {
      const wanted = asked === 'all' ? undefined : eq(resources.status, asked)
      const rows = await selectMembers(db)
        .where(wanted)
        .orderBy(asc(staffMembers.lastName), asc(staffMembers.firstName), asc(staffMembers.id))
        .offset((page - 1) * limit)
        .limit(limit)
      const [total] = await db
        .select({ n: count() })
        .from(staffMembers)
        .innerJoin(resources, eq(resources.id, staffMembers.id))
        .where(wanted)
      const all = total?.n ?? 0
      return { staff: rows.map(shown), total_count: all, page, limit, has_next: page * limit < all }
    },
  )

  app.get(
    `${path}/:id`,
    {
      config: { access: 'staff' },
      schema: {
        tags,
        summary: 'Somebody who works here',
        params: z.object({ id: z.uuid() }),
        response: { 200: member },
      },
    },
    async ({ params }) => getMember(db, params.id),
  )
}

function changeRoute({ app: server, database, clock }: Parts): void {
  typed(server).patch(
    `${path}/:id`,
    {
      config: { access: 'managers' },
      schema: {
        tags,
        summary: 'Change what is known of somebody; what is not named stays',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ ...fields, status }).partial(),
        response: { 200: member },
      },
    },
    async ({ params: { id }, body: { status: to, ...body } }) => {
      const values = Object.entries(valuesOf(body)).filter(([, value]) => value !== undefined)
      await changeResource(database, id, { kind: 'staff', status: to, now: clock.now() }, async (tx) => {
        await refuseUnknown(tx, body)
        await refuseTaken(tx, body, id)
        if (values.length > 0)
          await tx.update(staffMembers).set(Object.fromEntries(values)).where(eq(staffMembers.id, id))
      })
      return getMember(database.db, id)
    },
  )
}

type Body = Partial<z.infer<z.ZodObject<typeof fields>>>

function valuesOf(body: { [Name in keyof Body]?: Body[Name] | undefined }) {
  return {
    ...{ employeeCode: body.employee_code, firstName: body.first_name, lastName: body.last_name },
    ...{ phoneNumber: body.phone_number, employment: body.employment },
    ...{ accountId: body.account_id, teamId: body.mobile_team_id },
  }
}

async function refuseUnknown(tx: Transaction, body: { [Name in keyof Body]?: Body[Name] | undefined }): Promise<void> {
  const { account_id: account, mobile_team_id: team } = body
  if (team) {
    const found = await tx.select({ id: resources.id }).from(resources).where(isOf(team, 'team'))
    if (found.length === 0) throw unknown('mobile_team_id', 'there is no such team')
  }
  if (account) {
    const mine = eq(identityAccounts.id, account)
    const found = await tx.select({ id: identityAccounts.id }).from(identityAccounts).where(mine)
    if (found.length === 0) throw unknown('account_id', 'there is no such account')
  }
}

function unknown(field: string, message: string): AppError {
  const fields = [{ field: `body/${field}`, message }]
  return new AppError('unprocessable', `${field}: ${message}.`, { reason: `${field}_unknown`, fields })
}

/** The constraints of the table have the last word; this one names the field. */
async function refuseTaken(tx: Transaction, body: { [Name in keyof Body]?: Body[Name] | undefined }, id: string) {
  const unique = { employee_code: staffMembers.employeeCode, account_id: staffMembers.accountId }
  for (const [field, column] of Object.entries(unique)) {
    const value = body[field as keyof typeof unique]
    if (!value) continue
    const others = and(eq(column, value), ne(staffMembers.id, id))
    const found = await tx.select({ id: staffMembers.id }).from(staffMembers).where(others)
    const fields = [{ field: `body/${field}`, message: 'is somebody else’s' }]
    if (found.length > 0)
      throw new AppError('conflict', `${field}: somebody has it already.`, { reason: `${field}_taken`, fields })
  }
}

const selectMembers = (reader: Reader) =>
  reader
    .select({ member: staffMembers, status: resources.status })
    .from(staffMembers)
    .innerJoin(resources, eq(resources.id, staffMembers.id))

async function getMember(reader: Reader, id: string): Promise<z.infer<typeof member>> {
  const [row] = await selectMembers(reader).where(eq(staffMembers.id, id))
  if (!row) throw noSuch('staff')
  return shown(row)
}

function shown({ member: row, status: now }: { member: typeof staffMembers.$inferSelect; status: string }) {
  return {
    ...{ id: row.id, employee_code: row.employeeCode, first_name: row.firstName, last_name: row.lastName },
    ...{ phone_number: row.phoneNumber, employment: row.employment },
    ...{ account_id: row.accountId, mobile_team_id: row.teamId },
    status: now === 'active' ? ('active' as const) : ('inactive' as const),
  }
}
