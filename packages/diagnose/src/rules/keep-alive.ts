import type { Evidence, LogLine, UnitState } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { closedUnderProxy } from '../gather/keep-alive.ts'
import { advise, matchLogs, newestOf, type Rule, shown } from '../rule.ts'
import { isServing } from './listeners.ts'

/** An app that runs, and closes idle connections sooner than its proxy thinks: a request on its way there gets 502. */
export const keepAliveMismatch: Rule = {
  name: 'keep_alive_mismatch',
  explains: ['http_server_error'],
  patterns: closedUnderProxy,
  find(evidence): Finding | null {
    const { keepAlive, unit } = evidence
    const matches = matchLogs(evidence, closedUnderProxy).filter(({ line }) => isOfThisRun(evidence, line))
    const lines = matches.map(({ line }) => line)
    if (lines.length === 0 || (unit && (!isServing(unit) || endedMeanwhile(unit)))) return null
    const { appSec = null, proxy = null } = keepAlive ?? {}
    if (appSec !== null && proxy !== null && proxy.sec < appSec) return null
    const seen = appSec !== null && proxy !== null
    return {
      symptom: { en: 'Some requests get 502, without any deploy', fr: 'Des requêtes reçoivent 502, sans déploiement' },
      cause: seen
        ? {
            en: `The app closes idle connections after ${shownSec(appSec)} s, ${proxy.name} uses them for ${shownSec(proxy.sec)} s.`,
            fr: `L’app ferme les connexions inactives après ${shownSec(appSec)} s, ${proxy.name} les réutilise pendant ${shownSec(proxy.sec)} s.`,
          }
        : {
            en: 'The app closed connections that the proxy had just used: it may keep idle ones for less long.',
            fr: 'L’app a fermé des connexions que le proxy venait d’utiliser : elle les garde peut-être moins longtemps.',
          },
      confidence: seen ? 'certain' : 'possible',
      evidence: shown(lines),
      mend: advise(
        'Have the app keep idle connections longer than the proxy (server.keepAliveTimeout = 65_000), or apply the route again: routes of IKOMA keep them for less.',
        'Faites garder à l’app les connexions inactives plus longtemps que le proxy (server.keepAliveTimeout = 65_000), ou réappliquez la route : celles d’IKOMA les gardent moins.',
      ),
      at: newestOf(lines),
    }
  },
}

/** One that ends closes its connections as well. */
const endedMeanwhile = ({ upSec, restarts }: UnitState) => restarts > 0 && (upSec ?? 0) < 600

function isOfThisRun({ unit, askedAt }: Evidence, { source, at }: LogLine): boolean {
  if (!/^(caddy|nginx)\.service$/.test(source)) return false
  return at == null || unit?.upSec == null || at > askedAt - unit.upSec * 1000
}

const shownSec = (sec: number) => String(Math.round(sec * 10) / 10)
