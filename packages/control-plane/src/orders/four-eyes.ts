import type { ApiToken, Order, Store } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { adminActor } from '../access.ts'

/**
 * Approval is a second pair of eyes. Whose order it is was sealed when it was placed; what became of the schedule since
 * then says nothing. Only the admin key, which belongs to whoever owns the machine, may do both.
 */
export async function refuseOwnOrder(store: Store, order: Order, actor: string): Promise<void> {
  const answerable = order.answerable ?? formerPlacer(order)
  if (answerable === null || answerable.length === 0) throw placerUnknown()
  if (actor === adminActor) return
  if (answerable.includes(actor)) throw ownOrder()
  const tokens = await allTokens(store)
  const makers = makersOf(tokens, actor)
  for (const person of answerable) {
    // Who made a token knows its secret: to place with one's own and approve with the other is no second pair of eyes.
    if (makers.has(person) || makersOf(tokens, person).has(actor)) throw ownOrder()
    if (person !== adminActor && !tokens.some((token) => actorOf(token) === person)) throw placerGone(person)
  }
}

/** A process of the former version does not say; its order is the placer's, unless a schedule placed it. */
function formerPlacer({ placementSeal, createdBy }: Order): string[] | null {
  return placementSeal === '' && !createdBy.startsWith('schedule:') ? [createdBy] : null
}

/** Everybody who made this token, or the token that made it, and so on; the owner's key is behind all of them. */
function makersOf(tokens: ApiToken[], actor: string): Set<string> {
  const makers = new Set<string>()
  const look = [actor]
  for (let next = look.pop(); next !== undefined; next = look.pop()) {
    for (const token of tokens) {
      if (actorOf(token) !== next || token.createdBy === adminActor || makers.has(token.createdBy)) continue
      makers.add(token.createdBy)
      look.push(token.createdBy)
    }
  }
  return makers
}

async function allTokens(store: Store): Promise<ApiToken[]> {
  const tokens: ApiToken[] = []
  let cursor: string | null = null
  do {
    const page = await store.listTokens({ limit: 200, cursor })
    tokens.push(...page.items.filter(({ fault }) => fault === undefined))
    cursor = page.next
  } while (cursor !== null)
  return tokens
}

function actorOf({ name }: ApiToken): string {
  return `token:${name}`
}

function ownOrder(): AppError {
  return new AppError('forbidden', 'Somebody else must approve an order that you placed.', { reason: 'own_order' })
}

function placerGone(person: string): AppError {
  const message = `Nobody can tell any more who "${person}" was. Approve it with the admin key, or place it again.`
  return new AppError('forbidden', message, { reason: 'placer_unknown' })
}

function placerUnknown(): AppError {
  const message = 'Nobody can tell who asked for this order, so nobody may approve it. Cancel it and place it again.'
  return new AppError('forbidden', message, { reason: 'placer_unknown' })
}
