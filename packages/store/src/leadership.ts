/** A leadership that ends further ahead than anybody takes one for was taken by a clock that was wrong: it must not rule. */
export function isOver(expiresAt: number, ttlMs: number, now: number): boolean {
  return expiresAt <= now || expiresAt > now + 2 * ttlMs
}
