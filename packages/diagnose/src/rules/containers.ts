import { appDown } from '../consequences.ts'
import type { Container, Evidence } from '../evidence.ts'
import type { Finding, Words } from '../finding.ts'
import { advise, byCommand, place, type Rule, shown } from '../rule.ts'
import { onceMended, restartPm2, restartProject } from './mends.ts'

export const dockerDown: Rule = {
  name: 'docker_not_running',
  explains: [...appDown, 'postgres_not_ready', 'redis_down', 'proxy_down'],
  find({ docker }): Finding | null {
    if (!docker || docker.running) return null
    const noAccess = /permission denied/i.test(docker.said)
    return {
      symptom: { en: 'Containers cannot be managed', fr: 'Les conteneurs sont ingérables' },
      cause: noAccess
        ? { en: 'The Docker socket is closed to this user.', fr: 'Le socket Docker est fermé à cet utilisateur.' }
        : { en: 'Docker is installed, but not running.', fr: 'Docker est installé, mais ne tourne pas.' },
      confidence: 'certain',
      evidence: [`docker: ${docker.said}`],
      mend: noAccess
        ? advise('Have the executor do it: it is root.', 'Passez par l’exécuteur : il est root.')
        : place(
            'platform.docker.install',
            {},
            {
              en: 'Have Docker installed and running; journalctl -u docker says why it is not.',
              fr: 'Faites installer et démarrer Docker ; journalctl -u docker dit pourquoi il ne tourne pas.',
            },
          ),
    }
  },
}

interface Trouble {
  name: string
  explains: readonly string[]
  symptom: Words
  has(container: Container): boolean
  cause(containers: string): Words
}

const loopRestarts = 3
/** Started again so recently, it may end as it did before. */
const youngSec = 120

const isYoung = ({ status, restarts, upSec }: Container) =>
  status === 'running' && restarts > 0 && upSec !== null && upSec < youngSec

const troubles: Trouble[] = [
  {
    name: 'container_restarting',
    explains: ['upstream_down', 'port_not_listening', 'http_server_error', 'http_no_answer'],
    symptom: { en: 'A container restarts in a loop', fr: 'Un conteneur redémarre en boucle' },
    has: (container) =>
      container.status === 'restarting' ||
      (container.status !== 'running' && container.restarts >= loopRestarts) ||
      isYoung(container),
    cause: (names) => ({
      en: `${names} ends soon after each start.`,
      fr: `${names} se termine peu après chaque démarrage.`,
    }),
  },
  {
    name: 'container_exited',
    explains: ['upstream_down', 'port_not_listening', 'http_server_error', 'http_no_answer'],
    symptom: { en: 'A container is not running', fr: 'Un conteneur ne tourne pas' },
    // Migrations and the like end with 0 and are done.
    has: ({ status, exitCode, restarts }) =>
      ['exited', 'dead', 'created'].includes(status) &&
      (exitCode !== 0 || status === 'created') &&
      restarts < loopRestarts,
    cause: (names) => ({
      en: `${names} ended with an error or never started.`,
      fr: `${names} a fini en erreur ou n’a jamais démarré.`,
    }),
  },
  {
    name: 'container_unhealthy',
    explains: ['upstream_down', 'http_server_error', 'http_no_answer'],
    symptom: { en: 'A container is unhealthy', fr: 'Un conteneur est en mauvaise santé' },
    has: ({ status, health }) => status === 'running' && health === 'unhealthy',
    cause: (names) => ({
      en: `${names} fails its own health check.`,
      fr: `${names} échoue à son propre contrôle de santé.`,
    }),
  },
]

export const containerTroubles: Rule[] = troubles.map(({ name, explains, symptom, has, cause }) => ({
  name,
  explains,
  find(evidence): Finding | null {
    const found = evidence.docker?.running ? evidence.docker.containers.filter(has) : []
    if (found.length === 0) return null
    return {
      symptom,
      cause: cause(found.map(({ service }) => service).join(', ')),
      // One that runs at this moment may stay.
      confidence: found.every(isYoung) ? 'likely' : 'certain',
      evidence: [...found.slice(0, 5).map(stateLine), ...lastWords(evidence, found)],
      mend: onceMended(restartProject(evidence, evidence.subject.composeFile ?? '', readLog), readLog),
    }
  },
}))

function stateLine({ name, status, exitCode, restarts, health, upSec }: Container): string {
  const since = upSec === null ? '' : ` for ${upSec} s`
  return `container ${name}: ${status}${since}, exit code ${exitCode}, ${restarts} restarts${health ? `, ${health}` : ''}`
}

function lastWords({ logs }: Evidence, containers: readonly Container[]): string[] {
  const sources = containers.map(({ service }) => `container ${service}`)
  return shown(logs.filter(({ source }) => sources.includes(source)))
}

const readLog: Words = {
  en: 'Read its log; once the cause is mended, restart the project.',
  fr: 'Lisez son journal ; une fois la cause réparée, redémarrez le projet.',
}

/** PM2 starts it anew again and again, and calls it online in between. */
export const pm2Restarting: Rule = {
  name: 'pm2_restarting',
  explains: ['port_not_listening', 'upstream_down', 'http_server_error', 'http_no_answer'],
  find({ subject, pm2, logs }): Finding | null {
    const { pm2Name: name, pm2User: user } = subject
    if (!pm2 || name === null || pm2.status !== 'online' || pm2.restarts === 0) return null
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
    if (!pm2 || subject.pm2Name === null || pm2.status === 'online') return null
    const { pm2Name: name, pm2User: user } = subject
    const gone = pm2.status === null
    return {
      symptom: { en: 'The PM2 process is not running', fr: 'Le processus PM2 ne tourne pas' },
      cause: gone
        ? { en: `PM2 of ${user} does not know "${name}".`, fr: `Le PM2 de ${user} ne connaît pas « ${name} ».` }
        : {
            en: `"${name}" is ${pm2.status} after ${pm2.restarts} restarts.`,
            fr: `« ${name} » est ${pm2.status} après ${pm2.restarts} redémarrages.`,
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
