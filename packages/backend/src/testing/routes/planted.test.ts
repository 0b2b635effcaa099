import { AppError } from '@ikoma/kernel'
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { callerOf, principalOf } from '../../http/index.ts'
import { as, setupBackend } from '../../http/testing/backend.ts'
import { askEverybody, faultsOf, matrixText } from './access-matrix.ts'
import { foreignFaults, ownerFaults, ownersView, undeclaredIds } from './foreign-owner.ts'
import { fuzzFaults, strayFaults } from './fuzz.ts'
import { RouteWorld } from './route-world.ts'
import { leaks } from './secrets.ts'
import { acceptedStale } from './stale-credentials.ts'
import type { StartedApp, TestedApp } from './tested-app.ts'

const policies = { public: 'public', member: 'signed-in', staff: ['admin', 'manager'] } as const
const note = z.object({ id: z.uuid(), owner: z.string(), text: z.string() })
const params = z.object({ id: z.uuid() })
const body = z.strictObject({ text: z.string().max(100) })

type Notes = Map<string, z.infer<typeof note>>
type Plant = (app: FastifyInstance, notes: Notes) => void

/** An app of notes, each its writer's alone, with a route more: what is planted in it, if anything. */
async function plantedWorld(plant: Plant = () => {}, more: Partial<TestedApp> = {}) {
  const { app, told, close } = await setupBackend({ policies })
  const notes: Notes = new Map()
  let count = 0
  app.post('/notes', { config: { access: 'member' }, schema: { body, response: { 201: note } } }, (request, reply) => {
    count += 1
    const id = `0198c000-0000-7000-8000-${String(count).padStart(12, '0')}`
    const { text } = request.body as { text: string }
    notes.set(id, { id, owner: callerOf(request).id, text })
    return reply.code(201).send(notes.get(id))
  })
  app.get('/notes/:id', { config: { access: 'member' }, schema: { params, response: { 200: note } } }, (request) => {
    const found = notes.get((request.params as { id: string }).id)
    if (found?.owner === callerOf(request).id) return found
    throw new AppError('not_found', 'There is no such note.', { reason: 'note_not_found' })
  })
  plant(app, notes)
  await app.ready()
  const started: StartedApp = {
    ...{ app, policies, close, logged: told },
    async signIn(role) {
      count += 1
      return { id: `${role}${count}x`, headers: as(role, `${role}${count}x`) }
    },
    stale: async () => [{ authorization: 'Bearer expired' }],
    secrets: async () => ['the key of the house'],
  }
  const tested: TestedApp = {
    roles: ['client', 'admin'],
    start: async () => started,
    things: {
      note: {
        ownedBy: 'client',
        async make(_, { headers }) {
          const { body: made } = await app.inject({ method: 'POST', url: '/notes', headers, payload: { text: 'x' } })
          return JSON.parse(made).id
        },
      },
    },
    ids: { '/notes/{id}': 'note' },
    accessFile: '',
    ...more,
  }
  return new RouteWorld(tested, started)
}

const whole = { 200: z.object({ done: z.boolean() }) }

test('nothing is found where nothing is planted', async () => {
  const world = await plantedWorld()
  const rows = await askEverybody(world)
  const before = await ownersView(world)
  expect([undeclaredIds(world), faultsOf(world, rows), await acceptedStale(world)]).toEqual([[], [], []])
  expect([await foreignFaults(world), await ownerFaults(world), await leaks(world)]).toEqual([[], [], []])
  expect(await ownersView(world)).toEqual(before)
  expect([await strayFaults(world), await fuzzFaults(world, 1_000), world.takeFaults()]).toEqual([[], [], []])
  expect(matrixText(world, rows)).toContain('GET /notes/{id}: client admin\n')
})

describe('who may call', () => {
  test('an access that is wider than was agreed is a line that differs', async () => {
    const world = await plantedWorld((app) => {
      app.delete('/notes', { config: { access: 'member' }, schema: { response: whole } }, () => ({ done: true }))
    })
    expect(matrixText(world, await askEverybody(world))).toContain('DELETE /notes: client admin\n')
  })

  test('a route that refuses whom its policy lets in', async () => {
    const world = await plantedWorld((app) => {
      app.get('/x', { config: { access: 'staff' }, schema: { response: whole } }, (request) => {
        if (principalOf(request)?.role !== 'manager') throw new AppError('forbidden', 'No.')
        return { done: true }
      })
    })
    expect(faultsOf(world, await askEverybody(world))).toEqual([
      'GET /x (staff) answered admin 403',
      'HEAD /x (staff) answered admin 403',
    ])
  })
})

describe('what belongs to somebody', () => {
  test('an id of a kind that is not told', async () => {
    const query = z.object({ folder_id: z.string() })
    const world = await plantedWorld((app) => {
      app.get('/x', { config: { access: 'member' }, schema: { querystring: query, response: whole } }, () => ({}))
    })
    expect(undeclaredIds(world)).toEqual([
      expect.stringContaining("GET /x takes the id query.folder_id: add 'folder_id'"),
    ])
  })

  test('a route that does not ask whose a note is, by its path, its body or a list', async () => {
    const ids = { '/notes/{id}': 'note', note_id: 'note', note_ids: 'note' }
    const plant: Plant = (app, notes) => {
      const config = { access: 'member' } as const
      app.delete('/notes/:id', { config, schema: { params, response: { 204: z.null() } } }, (_request, reply) =>
        reply.code(204).send(),
      )
      const one = z.strictObject({ deep: z.object({ note_id: z.uuid() }) })
      app.post('/copy', { config, schema: { body: one, response: whole } }, () => ({ done: true }))
      const many = z.strictObject({ note_ids: z.array(z.uuid()).min(1) })
      app.post('/join', { config, schema: { body: many, response: whole } }, () => ({ done: true }))
      const found = { 200: z.object({ notes: z.array(note) }) }
      const querystring = z.object({ note_id: z.uuid().optional() })
      app.get('/notes', { config, schema: { querystring, response: found } }, () => ({ notes: [...notes.values()] }))
    }
    const wrong = await foreignFaults(await plantedWorld(plant, { ids }))
    const planted = ['DELETE /notes/{id}', 'POST /copy', 'POST /join', 'GET /notes']
    for (const name of planted)
      expect(wrong).toContainEqual(expect.stringMatching(`^${name.replace(/[{}]/g, '.')} by client`))
    expect(wrong.filter((each) => !planted.some((name) => each.startsWith(name)))).toEqual([])
  })

  test('a route that is refused for its body alone proves nothing', async () => {
    const strange = z.strictObject({ size: z.string().refine((text) => text === 'large') })
    const world = await plantedWorld((app) => {
      const schema = { params, body: strange, response: whole }
      app.put('/notes/:id', { config: { access: 'member' }, schema }, () => ({ done: true }))
    })
    expect((await foreignFaults(world))[0]).toContain('PUT /notes/{id} by client')
    expect((await foreignFaults(world))[0]).toContain('add to values')
  })

  test('an owner who is not let in', async () => {
    const world = await plantedWorld((app) => {
      app.put('/notes/:id', { config: { access: 'member' }, schema: { params, response: whole } }, () => {
        throw new AppError('not_found', 'There is no such note.')
      })
    })
    expect(await ownerFaults(world)).toEqual([expect.stringContaining('PUT /notes/{id} answered client')])
  })
})

describe('answers', () => {
  test.each([
    ['a status that is not declared', 418, { done: true }, 'answered 418, which its document does not declare'],
    ['a field more than the document says', 200, { done: true, hash: 'x' }, 'additional'],
    ['a field of another type', 200, { done: 'yes' }, '/done must be boolean'],
    ['an error in another shape', 400, { message: 'no' }, 'in another shape'],
  ])('%s', async (_, status, answered, fault) => {
    const world = await plantedWorld((app) => {
      app.get('/x', { config: { access: 'public' }, schema: { response: whole } }, (_request, reply) =>
        reply
          .code(status as never)
          .type(status === 400 ? 'application/problem+json' : 'application/json')
          .send(answered),
      )
    })
    await askEverybody(world)
    expect(world.takeFaults().join('\n')).toContain(fault)
  })

  test.each([
    ['a name that an object has already', (text: string) => text.includes('__proto__')],
    ['a text that is as long as it may be', (text: string) => text.length === 100],
    ['a text with a line in it', (text: string) => text.includes('\n')],
  ])('a failure by %s is found, with its seed', async (_, breaks) => {
    const world = await plantedWorld((app) => {
      app.post('/x', { config: { access: 'public' }, schema: { body, response: whole } }, (request) => {
        if (breaks((request.body as { text: string }).text)) throw new Error('planted')
        return { done: true }
      })
    })
    const [fault] = await fuzzFaults(world, 5_000)
    expect(fault).toMatch(/^POST \/x: answered 500.*IKOMA_FUZZ_SEED=/)
  })
})

describe('secrets', () => {
  const secretBody = z.strictObject({ password: z.string() })
  const planted = (work: (app: FastifyInstance, password: string) => unknown) => (app: FastifyInstance) =>
    app.post('/x', { config: { access: 'public' }, schema: { body: secretBody, response: whole } }, (request) =>
      work(app, (request.body as { password: string }).password),
    )

  test.each([
    [
      'in a line of the log',
      planted((app, password) => {
        app.log.info(`tried ${password}`)
        return { done: true }
      }),
      'the log has a secret',
    ],
    [
      'in an error',
      planted((_, password) => {
        throw new AppError('invalid', `${password} is wrong.`)
      }),
      'POST /x, answering 400, has a secret',
    ],
    ['in an answer', planted((_, password) => ({ done: password })), 'POST /x, answering 200, has a secret'],
  ])('%s', async (_, plant, fault) => {
    const found = await leaks(await plantedWorld((app) => void plant(app)))
    expect(found.join('\n')).toContain(fault)
  })

  test('somebody else’s token in an answer, and a key of the house in the log', async () => {
    const tokens = new Set<string>()
    const world = await plantedWorld((app) => {
      app.log.info('starting with the key of the house')
      const response = { 200: z.object({ all: z.array(z.string()) }) }
      app.get('/x', { config: { access: 'member' }, schema: { response } }, ({ headers }) => {
        tokens.add(headers.authorization?.replace('Bearer ', '') ?? '')
        return { all: [...tokens] }
      })
    })
    const found = (await leaks(world)).join('\n')
    expect(found).toContain('GET /x, answering 200, has a secret')
    expect(found).toContain('the log has a secret')
  })
})
