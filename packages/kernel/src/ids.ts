import { v7 } from 'uuid'

/** A UUIDv7: unique, and ascending within one process, so that new rows land at the right edge of an index. */
export function newId(): string {
  return v7()
}
