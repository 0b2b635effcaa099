import { AppError, isLoopbackUrl } from '@ikoma/kernel'
import type { Language } from '../messages/index.ts'
import { translated } from '../words.ts'

/** Without TLS whoever is on the way reads the runner's token, and answers in the control plane's place. */
export function refusePlainHttp(url: string, insecure: boolean, language: Language): void {
  if (insecure || new URL(url).protocol === 'https:' || isLoopbackUrl(url)) return
  throw new AppError('invalid', words[language].plainHttp(url), { reason: 'plain_http' })
}

const words = translated({
  en: {
    plainHttp: (url: string) =>
      `${url} is not encrypted and leads to another machine. Use https, or say that the way there is safe: --insecure`,
  },
  fr: {
    plainHttp: (url) =>
      `${url} n’est pas chiffré et mène à une autre machine. Utilisez https, ou dites que le chemin est sûr : --insecure`,
  },
})
