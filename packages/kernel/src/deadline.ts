/**
 * What `work` comes to, or after `ms` a rejection with what `late` makes. The work itself goes on: whoever can end it does. What
 * becomes of it then is nobody's: its rejection is not unhandled.
 */
export async function withDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
