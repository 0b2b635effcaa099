import { afterAll } from 'vitest'
import type { OpenedStore } from './world.ts'

export interface WipeableStore extends OpenedStore {
  /** Empties the storage behind the open store's back. Rejects when more than its content was changed. */
  wipe(): Promise<void>
}

/** Stores that are emptied and given out again: opening a new one takes longer than most tests. */
export function recycled<T extends WipeableStore>(open: () => Promise<T>): () => Promise<T> {
  let free: T | null = null
  afterAll(() => free?.destroy())
  return async () => {
    const opened = free ?? (await open())
    free = null
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
        free = opened
      },
    }
  }
}

function isOpen({ store }: OpenedStore): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  )
}
