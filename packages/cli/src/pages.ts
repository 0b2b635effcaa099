import type { Page } from '@ikoma/api'

type Query = Record<string, string | number | undefined>
export type List<T> = (query: Query) => Promise<Page<T>>

const pageSize = 200

export interface PageOptions {
  limit?: number
  cursor?: string
  all?: boolean
}

/** The page that was asked for, or every page joined into one. */
export async function readPages<T>(list: List<T>, query: Query, options: PageOptions): Promise<Page<T>> {
  const first = { limit: options.all ? pageSize : options.limit, cursor: options.cursor }
  const page = await list({ ...query, ...first })
  if (!options.all) return page
  const items = [...page.items]
  for (let next = page.next; next !== null; ) {
    const more = await list({ ...query, limit: pageSize, cursor: next })
    items.push(...more.items)
    next = more.next
  }
  return { items, next: null }
}

/** Items of the first pages, at most `maxPages` of them. */
export async function* eachItem<T>(list: List<T>, maxPages = 10): AsyncGenerator<T> {
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const { items, next } = await list({ limit: pageSize, cursor })
    yield* items
    if (next === null) return
    cursor = next
  }
}
