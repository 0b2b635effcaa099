import type { Finding } from '../finding.ts'
import { byCommand, type Rule } from '../rule.ts'

/** An upgrade that was broken off: services of those packages may not start, and no package can be installed. */
export const packagesUnfinished: Rule = {
  name: 'packages_unfinished',
  explains: [
    ...['postgres_not_ready', 'mysql_not_ready', 'mongo_not_ready', 'redis_down', 'proxy_down'],
    ...['docker_not_running', 'program_missing'],
  ],
  find({ unfinishedPackages: unfinished }): Finding | null {
    if (unfinished.length === 0) return null
    const names = unfinished
      .map((each) => each.split(' ')[1])
      .slice(0, 8)
      .join(', ')
    return {
      symptom: { en: 'Packages are not wholly installed', fr: 'Des paquets ne sont pas installés entièrement' },
      cause: {
        en: `dpkg was broken off, or a script of a package failed: ${names}.`,
        fr: `dpkg a été interrompu, ou le script d’un paquet a échoué : ${names}.`,
      },
      confidence: 'certain',
      evidence: unfinished.slice(0, 8).map((each) => `dpkg: ${each}`),
      mend: byCommand(
        {
          en: 'Finish it, and read what its script says; orders that install packages fail until then.',
          fr: 'Terminez, et lisez ce que dit son script ; d’ici là, les ordres qui installent des paquets échouent.',
        },
        'dpkg --configure -a',
      ),
    }
  },
}
