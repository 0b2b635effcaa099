/** One generated step of a schema; applied whole or not at all. */
export interface Migration {
  tag: string
  statements: string[]
}
