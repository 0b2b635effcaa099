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
}
