import type { Context } from '../context.ts'

const page = 500

/**
 * Tells waiting runners again of every target that has an order to claim: the signal may have been lost, or have woken
 * others who could not take it. One look for all of them, because thousands that each look for themselves leave the
 * process no time for anything else.
 */
export async function announceClaimable({ store, signals }: Pick<Context, 'store' | 'signals'>): Promise<void> {
  for (let after: string | null | undefined = null; after !== undefined; ) {
    const targets: string[] = await store.listClaimableTargets(after, page)
    signals.dispatch({ kind: 'claimable', targets })
    after = targets.length < page ? undefined : targets.at(-1)
  }
}
