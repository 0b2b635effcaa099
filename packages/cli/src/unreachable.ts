import { ApiError, UnreachableError } from '@ikoma/api'
import {
  type ConnectionFailure,
  type ConnectionFailureKind,
  connectionFailure,
  failureWords,
  isLoopbackUrl,
} from '@ikoma/kernel'
import { speaksTls } from '@ikoma/kernel/node'
import type { Language } from './messages/index.ts'
import { translated } from './words.ts'

const lookMs = 2_000
/** Made up here: nobody finds anything by them. */
const ownCodes = ['ERR_FOREIGN_ANSWER', 'ERR_SPEAKS_TLS', 'ERR_REDIRECTED']

/** Why there was no answer, and what to do about it. */
export interface Unreachable {
  text: string
  advice: string
}

/** The cause by its name, in a person's language; null for what the control plane itself said, and other errors. */
export async function unreachable(error: unknown, language: Language): Promise<Unreachable | null> {
  if (error instanceof UnreachableError) return unreachableAt(error.url, error.failure, language)
  if (!(error instanceof ApiError) || error.foreign === null) return null
  const { url } = error.foreign
  return unreachableAt(url, connectionFailure(error.foreign), language)
}

export async function unreachableAt(url: string, failure: ConnectionFailure, language: Language): Promise<Unreachable> {
  return describe(await lookedAtAgain(failure, url), url, language)
}

/** A server of https may hang up on plain http without a word: then a greeting tells. */
async function lookedAtAgain(failure: ConnectionFailure, url: string): Promise<ConnectionFailure> {
  const { protocol } = new URL(url)
  if (protocol !== 'http:' || !['broken_off', 'not_http'].includes(failure.kind)) return failure
  return (await speaksTls(url, lookMs)) ? { ...failure, kind: 'plain_to_https' } : failure
}

function describe({ kind, code, detail }: ConnectionFailure, url: string, language: Language): Unreachable {
  const { says, advice, noAnswer } = words[language]
  const known = ownCodes.includes(code ?? '') ? null : code
  return { text: noAnswer(url, says[kind](detail), known), advice: advice[kind](url, detail) }
}

function otherScheme(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol === 'https:' ? 'http' : 'https'}://${host}`
}

function originOf(location: string | null, url: string): string | null {
  const origin = URL.parse(location ?? '')?.origin ?? null
  return origin === 'null' || origin === new URL(url).origin ? null : origin
}

const start = 'ikoma up'
type Says = Record<ConnectionFailureKind, (detail: string | null) => string>
type Advice = Record<ConnectionFailureKind, (url: string, detail: string | null) => string>

const en = {
  runs: (url: string): string =>
    isLoopbackUrl(url)
      ? `Is the control plane running? Start it with \`${start}\`, or name another with --url.`
      : 'Is the control plane running there, and is this its port? Name another with --url.',
  name: () => 'Look for a slip in the name, and whether it is in the DNS yet; name another with --url.',
  authority: () =>
    'Is it an authority of your own? Give its certificate: --ca <file> (PEM), or IKOMA_CA_FILE. One that was given already is not the one that signed this.',
  way: () => 'Look at the network from here to there: firewall, VPN, proxy, port.',
  renew: () => 'Renew the certificate there, and see whether the clock of this machine is right.',
  scheme: (url: string) => `Write ${otherScheme(url)}.`,
  place: (url: string) =>
    `Look at what listens at ${url}: another program, or a proxy whose control plane is not running.`,
}

const fr: typeof en = {
  runs: (url) =>
    isLoopbackUrl(url)
      ? `Le plan de contrôle est-il démarré ? Lancez-le avec \`${start}\`, ou indiquez-en un autre avec --url.`
      : 'Le plan de contrôle y est-il démarré, et est-ce son port ? Indiquez-en un autre avec --url.',
  name: () => 'Cherchez une faute dans le nom, et s’il est déjà dans le DNS ; indiquez-en un autre avec --url.',
  authority: () =>
    'Est-ce votre propre autorité ? Donnez son certificat : --ca <fichier> (PEM), ou IKOMA_CA_FILE. Si vous en avez déjà donné un, ce n’est pas celui qui a signé.',
  way: () => 'Regardez le réseau d’ici jusque là-bas : pare-feu, VPN, proxy, port.',
  renew: () => 'Renouvelez le certificat là-bas, et voyez si l’horloge de cette machine est juste.',
  scheme: (url) => `Écrivez ${otherScheme(url)}.`,
  place: (url) =>
    `Regardez ce qui écoute à ${url} : un autre programme, ou un proxy dont le plan de contrôle n’est pas démarré.`,
}

function adviceFrom(
  say: typeof en,
  more: { wrongName: Advice['wrong_name']; redirected: Advice['redirected'] },
): Advice {
  return {
    name_unknown: say.name,
    name_server_silent: say.way,
    refused: say.runs,
    no_route: say.way,
    timeout: say.way,
    broken_off: say.place,
    unknown_authority: say.authority,
    self_signed: say.authority,
    certificate_expired: say.renew,
    certificate_not_yet_valid: say.renew,
    wrong_name: more.wrongName,
    tls_refused: say.place,
    https_to_plain: say.scheme,
    plain_to_https: say.scheme,
    not_http: say.place,
    redirected: more.redirected,
    foreign_answer: say.place,
    other: say.runs,
  }
}

const words = translated({
  en: {
    noAnswer: (url: string, says: string, code: string | null) =>
      `No answer from ${url}: ${says}${code === null ? '' : ` (${code})`}.`,
    says: failureWords as Says,
    advice: adviceFrom(en, {
      wrongName: () => 'Use a name that the certificate has, or have one made for this name.',
      redirected: (url, location) => {
        const origin = originOf(location, url)
        return origin ? `If it is yours, name it: --url ${origin}` : 'Name the control plane itself with --url.'
      },
    }),
  },
  fr: {
    noAnswer: (url, says, code) => `Pas de réponse de ${url} : ${says}${code === null ? '' : ` (${code})`}.`,
    says: {
      name_unknown: () => 'son nom est inconnu (DNS)',
      name_server_silent: () => 'aucun serveur de noms (DNS) ne répond ici',
      refused: () => 'la connexion est refusée, rien n’y écoute',
      no_route: () => 'aucune route n’y mène',
      timeout: () => 'pas de réponse à temps',
      broken_off: () => 'la connexion a été fermée sans réponse',
      unknown_authority: () => 'son certificat est signé par une autorité inconnue ici',
      self_signed: () => 'son certificat est auto-signé, et inconnu ici',
      certificate_expired: () => 'son certificat a expiré',
      certificate_not_yet_valid: () => 'son certificat n’est pas encore valable',
      wrong_name: (names) => `son certificat est pour un autre nom${names ? ` (${names})` : ''}`,
      tls_refused: () => 'lui et ce programme ne s’accordent pas sur TLS',
      https_to_plain: () => 'la question est venue en https, et ce port ne parle pas TLS',
      plain_to_https: () => 'la question est venue en http simple, et ce port parle https',
      not_http: () => 'ce qui répond sur ce port ne parle pas HTTP',
      redirected: (location) => `il mène ailleurs${location ? `, à ${location}` : ''}`,
      foreign_answer: (what) => `ce qui a répondu n’est pas un plan de contrôle${what ? ` (${what})` : ''}`,
      other: (message) => message ?? 'la connexion a échoué',
    },
    advice: adviceFrom(fr, {
      wrongName: () => 'Utilisez un nom que porte le certificat, ou faites-en faire un pour ce nom.',
      redirected: (url, location) => {
        const origin = originOf(location, url)
        return origin
          ? `S’il est à vous, indiquez-le : --url ${origin}`
          : 'Indiquez le plan de contrôle lui-même avec --url.'
      },
    }),
  },
})
