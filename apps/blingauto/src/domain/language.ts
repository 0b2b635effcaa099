export const languages = ['en', 'fr'] as const
export type Language = (typeof languages)[number]

/** What of our languages the header `Accept-Language` likes best; English where it names none of them. */
export function languageOf(header: string | undefined): Language {
  let best: { language: Language; weight: number } = { language: 'en', weight: 0 }
  for (const part of (header ?? '').slice(0, 500).split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const language = languages.find((each) => range === each || range.startsWith(`${each}-`))
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    if (language && weight > best.weight) best = { language, weight }
  }
  return best.language
}
