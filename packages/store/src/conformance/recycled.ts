import { afterAll } from 'vitest'
import type { OpenedStore } from './world.ts'

export interface WipeableStore extends OpenedStore {
  /** Empties the storage behind the open store's back. Rejects when more than its content was changed. */
  wipe(): Promise<void>
}

/** Stores that are emptied and given out again within one file of tests: opening a new one takes longer than most tests. */
export function recycled<T extends WipeableStore>(open: () => Promise<T>): () => Promise<T> {
  const { take, close } = recycling(open)
  afterAll(close)
  return take
}

/** The same for several files, each of which closes what is free when it has ended. */
export function recycling<T extends WipeableStore>(
  open: () => Promise<T>,
): { take: () => Promise<T>; close: () => Promise<void> } {
  const free: T[] = []
  return {
    async take() {
      const opened = free.pop() ?? (await open())
      return {
        ...opened,
        async destroy() {
          if (!(await isOpen(opened))) return opened.destroy()
          try {
            await opened.wipe()
          } catch (error) {
            await opened.destroy()
            throw error
          }
          free.push(opened)
        },
      }
    },
    async close() {
      await Promise.all(free.splice(0).map((opened) => opened.destroy()))
    },
  }
}

function isOpen({ store }: OpenedStore): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  )
}
