import { appDown } from '../consequences.ts'
import type { Container, Evidence } from '../evidence.ts'
import type { Finding, Words } from '../finding.ts'
import { advise, place, type Rule, shown } from '../rule.ts'
import { onceMended, restartProject } from './mends.ts'

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
