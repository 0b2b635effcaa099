declare module 'clamscan' {
  import type { Readable } from 'node:stream'

  interface Settings {
    preference: string
    clamscan: { active: boolean }
    clamdscan: {
      active: boolean
      bypassTest: boolean
      localFallback: boolean
      timeout: number
      socket?: string
      host?: string
      port?: number
    }
  }

  export default class NodeClam {
    init(settings: Settings): Promise<NodeClam>
    scanStream(stream: Readable): Promise<{ isInfected: boolean | null | undefined }>
  }
}
