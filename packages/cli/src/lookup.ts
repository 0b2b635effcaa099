import type { Client, RunnerResource, ServerResource } from '@ikoma/api'
import { AppError } from '@ikoma/kernel'
import type { RemoteContext } from './cli.ts'
import type { Context } from './command-context.ts'
import { eachItem, type List } from './pages.ts'

export type Noun = 'order' | 'runner' | 'server' | 'schedule' | 'token' | 'invitation'

const wholeId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const partOfId = /^[0-9a-f-]{6,}$/i

/** What tables show of an id and commands take back: a UUIDv7 begins with its time, so only its end tells two apart. */
export function shortId(id: string): string {
  return id.slice(-8)
}

/** An order's whole id, from itself or from at least 6 characters of its beginning or end. */
export async function resolveOrderId(text: string, { client, t }: RemoteContext): Promise<string> {
  if (wholeId.test(text)) return text.toLowerCase()
  if (!partOfId.test(text)) throw new AppError('invalid', t.lookup.badOrderId(text), { reason: 'invalid_order_id' })
  const ids: string[] = []
  for await (const { id } of eachItem(client.listOrders)) if (matchesPart(id, text)) ids.push(id)
  return one(ids, text, 'order', t)
}

export function findRunner(text: string, context: RemoteContext): Promise<RunnerResource> {
  return findNamed<RunnerResource>(context.client.listRunners, text, 'runner', context)
}

export function findServer(text: string, context: RemoteContext): Promise<ServerResource> {
  return findNamed<ServerResource>(context.client.listServers, text, 'server', context)
}

/** The thing of this name or id; an error that lists the candidates when a name is not enough. */
export async function findNamed<T extends { id: string; name: string }>(
  list: List<T>,
  text: string,
  noun: Noun,
  { t }: Pick<Context, 't'>,
): Promise<T> {
  const items: T[] = []
  for await (const item of eachItem(list)) items.push(item)
  const byId = items.filter(({ id }) => id === text.toLowerCase())
  if (byId.length > 0) return one(byId, text, noun, t)
  // A machine chooses the name that it enrols with: one that is the short id of another must not stand in for it.
  const found = items.filter(({ id, name }) => name === text || (partOfId.test(text) && matchesPart(id, text)))
  return one(found, text, noun, t)
}

function one<T extends string | { id: string; name: string }>(
  found: T[],
  text: string,
  noun: Noun,
  t: Context['t'],
): T {
  const [first, second] = found
  if (first === undefined) {
    throw new AppError('not_found', t.lookup.none(t.nouns[noun], text, listed(noun)), {
      reason: `${noun}_not_found`,
    })
  }
  if (second === undefined) return first
  const candidates = found.map((item) => (typeof item === 'string' ? item : `${item.id}  ${item.name}`))
  throw new AppError('invalid', t.lookup.several(t.nouns[noun], text), {
    reason: `ambiguous_${noun}`,
    fields: candidates.map((candidate) => ({ field: '', message: candidate })),
  })
}

function matchesPart(id: string, text: string): boolean {
  return id.startsWith(text.toLowerCase()) || id.endsWith(text.toLowerCase())
}

/** Names of runners and servers by id, each asked for once; an id that is gone names itself. */
export function createNames(client: Pick<Client, 'getRunner' | 'getServer'>) {
  const known = new Map<string, Promise<string>>()
  const name = (id: string, get: (id: string) => Promise<{ name: string }>) => {
    const asked =
      known.get(id) ??
      get(id).then(
        (found) => found.name,
        () => shortId(id),
      )
    known.set(id, asked)
    return asked
  }
  return {
    runner: (id: string) => name(id, client.getRunner),
    server: (id: string) => name(id, client.getServer),
  }
}

export type Names = ReturnType<typeof createNames>

/** The command that shows which there are. */
const listed = (noun: Noun) => (noun === 'invitation' ? 'ikoma runner invitations' : `ikoma ${noun} list`)
