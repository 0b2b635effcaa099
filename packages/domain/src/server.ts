import type { RowFault } from './seal.ts'

/** A managed machine. */
export interface Server {
  id: string
  name: string
  baseUrl: string | null
  tags: string[]
  metadata: Record<string, unknown>
  runnerId: string | null
  createdAt: number
  updatedAt: number
  /** Set by the store when the row is not as it was last written. */
  fault?: RowFault | undefined
}
