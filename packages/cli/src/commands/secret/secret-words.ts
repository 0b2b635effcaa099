import { translated } from '../../words.ts'

export const secretWords = translated({
  en: { args: { secret: 'name of a secret' } },
  fr: { args: { secret: 'nom d’un secret' } },
})
