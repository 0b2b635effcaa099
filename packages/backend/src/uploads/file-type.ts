import { open } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'

/** Files that browsers run: only where a route asks for them by name, never because `text/*` is. */
const markup = new Set(['text/html', 'image/svg+xml', 'application/xml', 'text/xml', 'application/xhtml+xml'])
/** What has no first bytes of its own: taken when it is text, and no markup. */
const plainText = new Set(['text/plain', 'text/csv'])

const aliases: Record<string, string> = { 'image/jpg': 'image/jpeg', 'application/x-pdf': 'application/pdf' }

/** The type of a declaration, without parameters. */
export function declaredType(text: string): string {
  const type = text.split(';')[0]?.trim().toLowerCase() ?? ''
  return aliases[type] ?? type
}

/** Whether a file is what it was declared to be, by its bytes. */
export async function isOfType(file: string, declared: string): Promise<boolean> {
  const found = (await fileTypeFromFile(file))?.mime
  if (found === declared) return true
  if (markup.has(declared)) return (found === undefined || markup.has(found)) && (await startsAsMarkup(file))
  return plainText.has(declared) && found === undefined && (await isPlainText(file))
}

async function startsAsMarkup(file: string): Promise<boolean> {
  return /^\uFEFF?\s*</.test(await head(file))
}

async function isPlainText(file: string): Promise<boolean> {
  const text = await head(file)
  return !/[^\P{Cc}\t\r\n\f]|\uFFFD/u.test(text) && !/^\uFEFF?\s*</.test(text)
}

const headBytes = 4096

async function head(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    // What is cut in the middle of a character at the end is no other text.
    return new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true })
  } finally {
    await handle.close()
  }
}
