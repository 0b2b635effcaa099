export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** Where apps have their own; the system's directories are never given away. What a log names is hostile input. */
const ofApps = /^\/(srv|opt|home|var\/(lib|www|log|cache))(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/

export function ownedPath(path: string): string | null {
  return ofApps.test(path) ? path : null
}
