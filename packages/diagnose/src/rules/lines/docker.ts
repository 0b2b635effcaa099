import { lineRule } from './line-rule.ts'

const notMade = ['A container is not started', 'Un conteneur ne démarre pas'] as const

export const imageMissing = lineRule({
  name: 'image_missing',
  patterns: [
    /(?<said>pull access denied for \S+)/,
    /(?<said>manifest (?:for \S+ not found|unknown).*)/,
    /(?<said>toomanyrequests: .*)/,
    /(?<said>no matching manifest for \S+)/,
    /(?<said>unauthorized: (?:authentication required|incorrect username or password).*)/,
    /(?<said>(?:Unable to find image|No such image:?) \S+)/,
    /(?<said>Get "https:\/\/[^"]*\/v2\/[^"]*": .*)/,
  ],
  symptom: notMade,
  cause: ['Its image cannot be had: {said}', 'Son image est introuvable : {said}'],
  advice: [
    'Check its name and tag, and log in to the registry (docker login) as root.',
    'Vérifiez son nom et son tag, et connectez-vous au registre (docker login) en root.',
  ],
})

export const containerSetup = lineRule({
  name: 'container_setup',
  patterns: [
    /(?<said>(?:network \S+ )?declared as external, but could not be found)/,
    /(?<said>network \S+ not found)/,
    /(?<said>Conflict\. The container name "[^"]+" is already in use)/,
    /(?<said>bind source path does not exist: \S+)/,
    /(?<said>Pool overlaps with other one on this address space)/,
    /(?<said>could not find an available, non-overlapping IPv4 address pool.*|all predefined address pools have been fully subnetted)/,
    /(?<said>could not select device driver "[^"]*").*/,
    /(?<said>iptables: No chain\/target\/match by that name)/,
    /(?<said>failed to create shim task: .*|OCI runtime (?:create|exec) failed: .*)/,
    /(?<said>not a directory: unknown: Are you trying to mount a directory onto a file)/,
    /(?<said>dependency failed to start: .*)/,
  ],
  symptom: notMade,
  cause: ['Docker cannot make it as it is described: {said}', 'Docker ne peut pas le créer comme décrit : {said}'],
  advice: [
    'Mend what it names; after a change of the firewall restart Docker, which writes its rules anew.',
    'Réparez ce qui est nommé ; après un changement du pare-feu, redémarrez Docker, qui réécrit ses règles.',
  ],
})

export const sharedMemory = lineRule({
  name: 'shared_memory',
  patterns: [/could not resize shared memory segment|\/dev\/shm.{0,60}No space left|No space left.{0,60}\/dev\/shm/],
  symptom: ['The database fails at larger queries', 'La base échoue sur de grosses requêtes'],
  cause: [
    'The shared memory of its container is used up: Docker gives 64 MB.',
    'La mémoire partagée de son conteneur est épuisée : Docker en donne 64 Mo.',
  ],
  advice: ['Set shm_size of the service (256m).', 'Réglez shm_size du service (256m).'],
})

export const watchLimit = lineRule({
  name: 'watch_limit',
  patterns: [
    /System limit for number of file watchers reached|inotify_add_watch.{0,80}No space left|inotify (?:watch|instance)\w* .{0,60}(?:limit|reached)|inotify_init\S*.{0,40}Too many open files/i,
  ],
  symptom: ['Files cannot be watched', 'Les fichiers ne sont plus surveillés'],
  cause: [
    'All watches of files are in use (fs.inotify.max_user_watches); the disk is not full.',
    'Toutes les surveillances de fichiers sont prises (fs.inotify.max_user_watches) ; le disque n’est pas plein.',
  ],
  advice: [
    'Do not run a development server here; or raise fs.inotify.max_user_watches by sysctl.',
    'Ne lancez pas de serveur de développement ici ; ou relevez fs.inotify.max_user_watches par sysctl.',
  ],
})
