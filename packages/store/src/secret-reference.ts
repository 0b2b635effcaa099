/** How a reference to a secret is written in a payload, whose JSON every store keeps as it was written. */
export function referenceText(name: string): string {
  return JSON.stringify({ secret: name })
}
