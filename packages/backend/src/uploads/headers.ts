export interface ServedUpload {
  type: string
  name: string
  bytes: number
}

/** So that a browser saves it, and neither guesses another type nor runs anything of it. */
export function uploadHeaders({ type, name, bytes }: ServedUpload): Record<string, string> {
  const ascii = name.replace(/[^\w.-]/g, '_')
  // RFC 8187, 3.2.1: what is no attr-char is in percent code.
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return {
    'content-type': type,
    'content-length': String(bytes),
    'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-store',
  }
}
