/** What a program says, and which rule it is for: null for what only looks alike. */
export type LineCase = readonly [line: string, rule: string | null]
