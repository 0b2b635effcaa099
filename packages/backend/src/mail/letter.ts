import type { Locale } from './message.ts'

/** HTML that is one already, and is not escaped again. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

export type { Html }

type Part = string | number | Html | readonly Html[]

/** A template whose values are escaped, but for what another such template made. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((done, text, at) => done + shown(parts[at - 1]) + text))
}

function shown(part: Part | undefined): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map((each) => each.text).join('')
  return escapeHtml(String(part))
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For text and for attributes in quotes (OWASP, Cross Site Scripting Prevention, rules 1 and 2). */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
}

interface Letter {
  locale: Locale
  /** Each as plain text. */
  paragraphs: readonly string[]
  action?: { label: string; url: string }
  /** Under which it says why it came. */
  footer?: string
}

const greeting: Record<Locale, string> = { fr: 'Bonjour,', en: 'Hello,' }
const orCopy: Record<Locale, string> = {
  fr: 'Si le bouton ne marche pas, copiez cette adresse dans le navigateur :',
  en: 'If the button does not work, copy this address into the browser:',
}

/** The text and the HTML of a short mail in one of both languages. */
export function composeLetter({ locale, paragraphs, action, footer }: Letter): { text: string; html: string } {
  if (action && !/^https?:\/\/[^\s]+$/.test(action.url)) throw new Error('mail: the link of a letter is no web address')
  const end = footer === undefined ? [] : ['-- ', footer]
  const link = action ? [`${action.label} : ${action.url}`] : []
  const text = [greeting[locale], ...paragraphs, ...link, ...end].join('\n\n')
  const button = action
    ? html`<p><a href="${action.url}">${action.label}</a></p><p>${orCopy[locale]}<br>${action.url}</p>`
    : html``
  const body = html`<!doctype html><html lang="${locale}"><head><meta charset="utf-8"></head><body><p>${greeting[locale]}</p>${paragraphs.map((each) => html`<p>${each}</p>`)}${button}${footer === undefined ? html`` : html`<hr><p><small>${footer}</small></p>`}</body></html>`
  return { text: `${text}\n`, html: body.text }
}
