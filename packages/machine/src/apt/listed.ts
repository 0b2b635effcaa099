const maxListed = 20

/** Names for people, and how many more there are. */
export function listOf(items: readonly string[]): string {
  const more = items.length - maxListed
  return more > 0 ? `${items.slice(0, maxListed).join(', ')} and ${more} more` : items.join(', ')
}
