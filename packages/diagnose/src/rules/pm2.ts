import { type Evidence, isBetweenRuns, type Pm2Process } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { advise, byCommand, type Rule, shown } from '../rule.ts'
import { restartPm2 } from './mends.ts'

/** Started again so recently, it may end as it did before. */
const youngSec = 120

/** PM2 starts it anew again and again, and calls it online in between. */
export const pm2Restarting: Rule = {
  name: 'pm2_restarting',
  explains: ['port_not_listening', 'upstream_down', 'http_server_error', 'http_no_answer'],
  find({ subject, pm2, logs }): Finding | null {
    const { pm2Name: name, pm2User: user } = subject
    if (!pm2 || name === null || pm2.status !== 'online' || pm2.restarts === 0 || pm2.leftOut !== null) return null
    if (pm2.upSec === null || pm2.upSec >= youngSec) return null
    return {
      symptom: { en: 'The PM2 process may restart in a loop', fr: 'Le processus PM2 redémarre peut-être en boucle' },
      cause: {
        en: `"${name}" was started ${pm2.upSec} s ago, after ${pm2.restarts} restarts.`,
        fr: `« ${name} » a démarré il y a ${pm2.upSec} s, après ${pm2.restarts} redémarrages.`,
      },
      confidence: 'possible',
      evidence: [
        `pm2 ${name}: online for ${pm2.upSec} s, ${pm2.restarts} restarts`,
        ...shown(logs.filter(({ source }) => source === `pm2 ${name}`)),
      ],
      mend: byCommand(
        { en: 'Ask again in a minute, and read its log.', fr: 'Redemandez dans une minute, et lisez son journal.' },
        `runuser -u ${user} -- pm2 logs ${name} --lines 50`,
      ),
    }
  },
}

export const pm2Errored: Rule = {
  name: 'pm2_errored',
  explains: ['port_not_listening', 'upstream_down', 'http_server_error', 'http_no_answer'],
  find({ subject, pm2, logs }): Finding | null {
    if (!pm2 || subject.pm2Name === null || pm2.status === 'online' || isBetweenRuns(pm2)) return null
    const { pm2Name: name, pm2User: user } = subject
    const gone = pm2.status === null
    return {
      symptom: { en: 'The PM2 process is not running', fr: 'Le processus PM2 ne tourne pas' },
      cause: gone
        ? { en: `PM2 of ${user} does not know "${name}".`, fr: `Le PM2 de ${user} ne connaît pas « ${name} ».` }
        : {
            en: `"${name}" is ${pm2.status} after ${pm2.restarts} restarts${endOf(pm2, 'its last run ended with exit code')}.`,
            fr: `« ${name} » est ${pm2.status} après ${pm2.restarts} redémarrages${endOf(pm2, 'sa dernière exécution a fini avec le code')}.`,
          },
      confidence: 'certain',
      evidence: [
        `pm2 ${name}: ${pm2.status ?? 'not there'}`,
        ...shown(logs.filter(({ source }) => source === `pm2 ${name}`)),
      ],
      mend: gone
        ? advise(
            'Place an order of the type service.pm2.apply; after a boot, pm2 save and pm2 startup may have been left out.',
            'Placez un ordre service.pm2.apply ; après un démarrage, pm2 save et pm2 startup ont pu être oubliés.',
          )
        : restartPm2(name, user, {
            en: 'Once the cause is mended, restart it.',
            fr: 'Une fois la cause réparée, redémarrez-le.',
          }),
    }
  },
}

/** A run that went on when the next was due: it takes too long, or hangs. */
export const pm2Overrun: Rule = {
  name: 'pm2_overrun',
  explains: [],
  find({ subject, pm2, logs }: Evidence): Finding | null {
    const { pm2Name: name, pm2User: user } = subject
    if (!pm2?.leftOut || name === null || pm2.status !== 'online' || pm2.upSec === null) return null
    const { leftOut, upSec } = pm2
    return {
      symptom: { en: 'A run goes on when the next is due', fr: 'Une exécution dure encore quand la suivante est due' },
      cause: {
        en: `The run of "${name}" began ${upSec} s ago and goes on; ${leftOut} starts were left out meanwhile.`,
        fr: `L'exécution de « ${name} » a commencé il y a ${upSec} s et dure encore ; ${leftOut} départs ont été omis depuis.`,
      },
      confidence: 'certain',
      evidence: [
        `pm2 ${name}: online for ${upSec} s, ${leftOut} starts left out`,
        ...shown(logs.filter(({ source }) => source === `pm2 ${name}`)),
      ],
      mend: byCommand(
        {
          en: 'Where it only takes long, give its cron more time in between; where it hangs, see what it waits for, then have service.pm2.restart end it.',
          fr: "S'il est seulement long, espacez son cron ; s'il est bloqué, voyez ce qu'il attend, puis terminez-le par service.pm2.restart.",
        },
        `runuser -u ${user} -- pm2 logs ${name} --lines 50`,
      ),
    }
  },
}

const endOf = ({ leftOut, exitCode }: Pm2Process, words: string) =>
  leftOut === null || exitCode === null ? '' : `, ${words} ${exitCode}`
