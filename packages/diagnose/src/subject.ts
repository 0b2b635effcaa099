/** What somebody has trouble with: as much of it as they know. Names and paths were checked by the catalogue. */
export interface Subject {
  /** A unit with its suffix: `gateway.service`. */
  unit: string | null
  /** Where the app should listen. */
  port: number | null
  url: string | null
  domain: string | null
  /** Public addresses of this server, where it cannot see them itself. */
  addresses: readonly string[]
  sqlitePath: string | null
  composeFile: string | null
  pm2Name: string | null
  /** The account whose PM2 it is. */
  pm2User: string
  /** How far back logs are read. */
  sinceMin: number
}
