import { helpFr } from './fr-help.ts'
import { optionsFr } from './fr-options.ts'
import type { Messages } from './index.ts'

export const fr: Messages = {
  help: helpFr,
  ...optionsFr,

  usage: {
    titles: {
      'Usage:': 'Utilisation :',
      'Options:': 'Options :',
      'Arguments:': 'Arguments :',
      'Commands:': 'Commandes :',
      'Global Options:': 'Options de toutes les commandes :',
      examples: 'Exemples :',
    },
    words: { options: 'options', command: 'commande' },
    exitCodes:
      'Codes de sortie : 0 fait, 1 échec, 2 mauvaise utilisation, 3 le plan contient des changements, 4 non authentifié,\n' +
      '5 refusé (portée, politique, approbation), 6 délai dépassé ou issue inconnue, 130 interrompu.',
    didYouMean: (names) => `Vouliez-vous dire ${names} ?`,
    unknownCommand: (name) => `La commande « ${name} » n’existe pas.`,
    unknownOption: (name) => `L’option « ${name} » n’existe pas.`,
    missingArgument: (name) => `L’argument <${name}> manque.`,
    missingValue: (option) => `L’option ${option} demande une valeur.`,
    missingOption: (option) => `L’option ${option} manque.`,
    conflict: (one, other) => `Les options ${one} et ${other} s’excluent.`,
    excessArguments: 'Il y a trop d’arguments.',
    invalidValue: (option, value) => `« ${value} » ne convient pas à ${option}.`,
    allowed: (choices) => `Valeurs permises : ${choices.join(', ')}.`,
    wholeNumber: 'Donnez un nombre entier.',
  },

  up: {
    ready: (url: string) => `IKOMA est prêt : ${url}`,
    store: (where: string) => `  Base           ${where}`,
    keyFile: (file: string, made: boolean) =>
      `  Clé d’admin    ${file}${made ? ' (créée à l’instant, lisible par vous seul)' : ''}`,
    keyFromEnvironment: '  Clé d’admin    dans IKOMA_ADMIN_KEY',
    runner: (id: string, folder: string) => `  Runner         ${id} (ses fichiers : ${folder})`,
    docs: (url: string) => `  API            ${url}`,
    tryThis: 'Passez votre premier ordre :',
    thenRead:
      'Puis suivez-en un en direct, ou voyez-les tous :\n\n  npx ikoma order create runner.selftest\n  npx ikoma order list',
    inviteRunner: 'Aucun runner ici. Invitez une machine : npx ikoma runner invite',
  },

  errors: {
    prefix: 'erreur :',
    reason: 'raison',
    request: 'requête',
    unexpected: (message) => `Imprévu : ${message}`,
    usageHint: 'Ajoutez --help à la commande pour voir son utilisation.',
    unreachable: (url, cause) => `Pas de réponse de ${url}${cause ? ` (${cause})` : ''}.`,
    unreachableHint:
      'Le plan de contrôle est-il démarré ? Lancez-le avec `npm start`, ou désignez-en un autre avec --url.',
    unauthorizedHint: 'Définissez IKOMA_TOKEN, ou enregistrez un accès avec `ikoma context add`.',
    unreadableFile: (path) => `Le fichier ${path} est illisible.`,
    unwritableFile: (path: string, why: string) => `Le fichier ${path} ne peut pas être écrit : ${why}`,
    badUrl: (where, text) => `${where} : « ${text} » n’est pas une adresse http ou https.`,
    badSpan: (option, text) => `${option} : « ${text} » n’est pas une durée. Écrivez 90s, 5m, 2h ou 3j.`,
    badMoment: (option, text) =>
      `${option} : « ${text} » n’est pas une date. Écrivez 2026-01-31T12:00:00Z, ou une durée comme 2h.`,
  },

  time: {
    day: 'j',
    now: 'à l’instant',
    ago: (span) => `il y a ${span}`,
    in: (span) => `dans ${span}`,
  },

  nouns: {
    order: 'ordre',
    runner: 'runner',
    host: 'hôte',
    schedule: 'planification',
    token: 'jeton',
    context: 'contexte',
  },

  words: {
    yes: 'oui',
    no: 'non',
    none: 'aucun',
    never: 'jamais',
    paused: 'en pause',
    overdue: 'en retard',
    expired: 'expiré',
    removed: (noun, name) => `Supprimé : ${noun} « ${name} ».`,
  },

  status: {
    PENDING_APPROVAL: 'en attente d’approbation',
    QUEUED: 'en file',
    CLAIMED: 'pris',
    RUNNING: 'en cours',
    STALE: 'sans nouvelles',
    SUCCEEDED: 'réussi',
    FAILED: 'échoué',
    TIMED_OUT: 'délai dépassé',
    CANCELED: 'annulé',
    REJECTED: 'rejeté',
    EXPIRED: 'expiré',
    NEEDS_ATTENTION: 'à vérifier',
  },
  runnerStatus: { ONLINE: 'en ligne', OFFLINE: 'hors ligne', DISABLED: 'désactivé' },
  privilege: {
    executor: 'fait par un exécuteur à part',
    root: 'fait par le runner lui-même, qui est root',
    none: 'pas fait : le runner n’est pas root et n’a pas d’exécuteur',
  },
  risk: { read: 'lecture', change: 'modification', destructive: 'destructif' },

  columns: {
    id: 'id',
    name: 'nom',
    type: 'type',
    title: 'rôle',
    status: 'état',
    reason: 'raison',
    target: 'cible',
    host: 'hôte',
    runner: 'runner',
    created: 'créé',
    took: 'durée',
    risk: 'risque',
    attempt: 'essai',
    labels: 'étiquettes',
    payload: 'paramètres',
    at: 'date',
    event: 'événement',
    actor: 'acteur',
    subject: 'objet',
    seq: 'n°',
    scope: 'portée',
    scopes: 'portées',
    approval: 'approbation',
    timeout: 'délai',
    field: 'champ',
    kind: 'genre',
    required: 'requis',
    byDefault: 'défaut',
    seen: 'vu',
    concurrency: 'à la fois',
    enrolled: 'inscrit',
    version: 'version',
    tags: 'marques',
    address: 'adresse',
    cron: 'cron',
    nextRun: 'prochain',
    lastRun: 'dernier',
    lastOrder: 'dernier ordre',
    problem: 'problème',
    privilege: 'en root',
    alertAfter: 'alerte après',
    role: 'rôle',
    createdBy: 'créé par',
    expires: 'expire',
    credential: 'accès',
    context: 'contexte',
    chosenBy: 'choisi par',
  },

  empty: {
    orders: 'Aucun ordre pour l’instant. Passez-en un : ikoma order create runner.selftest',
    ordersFiltered: 'Aucun ordre ne correspond. Retirez un filtre pour en voir plus.',
    logs: 'Cet ordre n’a rien écrit dans son journal.',
    payloadFields: 'Ses paramètres n’ont aucun champ.',
    noRunner: 'aucun runner pour l’instant',
    runners: 'Invitez un runner : ikoma runner invite --name <nom>',
    hosts: 'Aucun hôte pour l’instant. Ajoutez-en un : ikoma host add <nom>',
    schedules: "Aucune planification. Ajoutez-en une : ikoma schedule add nuit runner.selftest --cron '0 3 * * *'",
    tokens: 'Aucun jeton. Créez-en un : ikoma token create <nom> --role operator',
    audit: 'Aucun événement d’audit ne correspond.',
    contexts: 'Aucun contexte. Ajoutez-en un : ikoma context add <nom> --url https://… --token-file -',
    more: (cursor) => `Il y en a d’autres : ajoutez --cursor ${cursor}, ou --all.`,
  },

  confirm: {
    missing: (name) => `C’est irréversible. Confirmez en le nommant : --confirm ${name}`,
    different: (given, expected) => `--confirm dit « ${given} », mais il s’agit de « ${expected} ».`,
  },

  lookup: {
    none: (noun, text, command) => `Il n’y a pas de ${noun} « ${text} ». Pour les voir : ${command}`,
    several: (noun, text) => `Plus d’un élément (${noun}) correspond à « ${text} ». Donnez l’id de l’un d’eux :`,
    badOrderId: (text) => `« ${text} » n’est pas un id d’ordre. Donnez l’id, ou au moins ses 6 derniers caractères.`,
  },

  exported: (count: number) => `${count} ${count > 1 ? 'ordres exportés' : 'ordre exporté'}.`,

  target: {
    scope: (scope) => `portée ${scope}`,
    several: 'Donnez une seule des options --runner, --host et --scope.',
    noRunner: 'Il n’y a pas encore de runner. Invitez-en un : ikoma runner invite --name <nom>',
    chooseRunner: 'Il y a plus d’un runner. Dites lequel :',
  },

  payload: {
    notAnObject: 'Les paramètres ne sont pas un objet JSON comme {"url": "https://example.org"}.',
    badPair: (option, text) => `${option} : « ${text} » ne s’écrit pas clé=valeur.`,
  },

  create: {
    unknownType: (type, near) =>
      `Le type d’ordre « ${type} » n’existe pas. ${near.length > 0 ? `Vouliez-vous dire ${near.join(', ')} ?` : 'Pour les voir : ikoma order types'}`,
    detached: (id) => `Ordre passé. Pour le suivre : ikoma order logs -f ${id}`,
    unknown: (key) =>
      `Aucune réponse : l’ordre a peut-être été passé, peut-être pas. Relancez la même commande avec --idempotency-key ${key} : il ne sera passé qu’une fois.`,
  },

  attach: {
    title: (type, target) => `${type} sur ${target}`,
    dryRun: 'à blanc',
    claimed: (runner, attempt) => `pris par ${runner} (essai ${attempt})`,
    notBefore: (time) => `en file, pas avant ${time}`,
    requeued: (reason, time) => `remis en file, pas avant ${time} (${reason})`,
    stale: (reason) => `le runner ne donne plus de nouvelles (${reason}) ; un rapport tardif est attendu`,
    cancelRequested: 'arrêt demandé',
    needsApproval: (id) =>
      `Une personne doit l’approuver : ikoma order approve ${id} (ou le refuser : ikoma order reject ${id})`,
    needsAttention: (id) =>
      `Personne ne sait s’il a pris effet : il n’est pas relancé. Vérifiez le serveur, puis : ikoma order retry ${id}`,
    succeeded: (status, span) => `${status} en ${span}`,
    ended: (status, span) => `${status} après ${span}`,
    reconnecting: 'connexion perdue, reconnexion …',
    interrupted: 'Fin du suivi. L’ordre continue.',
    timeout: 'Fin de l’attente. L’ordre continue.',
    lost: 'Le plan de contrôle ne répond plus. L’ordre continue peut-être.',
    reattach: (id) => `Pour le suivre : ikoma order logs -f ${id}`,
    cancel: (id) => `Pour l’annuler : ikoma order cancel ${id}`,
  },

  diagnosis: {
    confidence: { certain: 'certain', likely: 'probable', possible: 'possible' },
    followsFrom: (cause) => `découle de : ${cause}`,
    notLookedAt: (what, why) => `non examiné : ${what} (${why})`,
  },

  runners: {
    enrolledAs: (name: string, folder: string) => `Enrôlé sous le nom « ${name} » ; ses fichiers sont dans ${folder}.`,
    startWith: (command: string) => `Démarrez-le : ${command}`,
    enrolNeedsUrl: 'Dites où est le plan de contrôle : --url https://ikoma.example.org',
    nothingToEdit: 'Dites quoi changer : --name, --scope, --concurrency, --enable ou --disable.',
    rotated: (name, until) =>
      `Nouveau jeton de « ${name} », montré cette seule fois. L’ancien fonctionne jusqu’à ${until}.`,
    invited: (scopes, until) =>
      `Collez cette ligne sur le serveur. Elle sert une fois, jusqu’à ${until}, pour les portées ${scopes}.`,
    orInstall: (line: string) =>
      `Pour que systemd l’exécute, root à part, collez plutôt ceci (en tant que root) : ${line}`,
    loopback: (url) => `${url} ne mène qu’à cette machine. Pour un autre serveur, invitez avec --public-url https://…`,
  },

  install: {
    notRoot: 'L’installation exige root. Relancez la même commande avec sudo.',
    noSystemd: 'systemd, qui démarre le runner, est absent. Sans lui : ikoma runner enrol, puis ikoma runner run',
    notEnrolled:
      'Ce serveur n’est pas enrôlé. Lancez `ikoma runner invite` là où le plan de contrôle est connu, et donnez --url et --token.',
    interrupted: 'Interrompu. Ce qui avait été fait a été défait.',
    nothing: 'Rien à changer.',
    wouldMake: (count: number) => `Ferait ${count} ${count === 1 ? 'changement' : 'changements'}.`,
    made: (count: number) => `${count} ${count === 1 ? 'changement fait' : 'changements faits'}.`,
    installed: [
      'Le runner est démarré, et le sera à chaque démarrage du serveur.',
      'Ce que les ordres peuvent faire ici est dans /etc/ikoma/policy.json. Le changer : ikoma runner install --allow <scope>',
      '(ou à la main, puis : systemctl restart ikoma-runner).',
      "Ce qui a été demandé et fait en tant que root : journalctl -u 'ikoma-executor@*'",
    ],
    uninstalled:
      'Réglages, identité, journal et utilisateur sont gardés. Pour les supprimer : ikoma runner uninstall --purge',
    purged:
      'Ce que l’installation a fait est supprimé ; les dossiers d’applications restent, avec l’utilisateur qui les possède. ' +
      'Retirez aussi le runner du plan de contrôle : ikoma runner remove <runner>',
  },

  hosts: {
    added: (name) =>
      `« ${name} » n’a pas encore de runner. Invitez-en un : ikoma runner invite --host ${name}, ou : ikoma host attach ${name} <runner>`,
    attached: (name, runner) => `Les ordres pour « ${name} » vont désormais au runner « ${runner} ».`,
    detached: (name) => `« ${name} » n’a plus de runner.`,
    runnerOrNone: 'Nommez un runner, ou donnez --none pour détacher le sien.',
  },

  schedules: {
    added: (name, next) => `La planification « ${name} » s’exécute la prochaine fois le ${next}.`,
    resumed: (name, next) => `La planification « ${name} » reprend ; prochaine exécution le ${next}.`,
    paused: (name) => `La planification « ${name} » est en pause. Pour la reprendre : ikoma schedule resume ${name}`,
  },

  tokens: {
    created: (name, until) => `Jeton « ${name} », montré cette seule fois. Il fonctionne jusqu’à ${until}.`,
  },

  audit: {
    whole: (events) => `${events} événements, la chaîne est intacte.`,
    broken: (seq, fault) =>
      `La chaîne se rompt à l’événement ${seq} : il ${fault === 'missing' ? 'manque' : 'est altéré'}.`,
    head: (seq, hash) => `tête ${seq} ${hash}`,
  },

  contexts: {
    readableByOthers: (path) => `D’autres peuvent lire ${path}, qui contient des accès. Lancez : chmod 600 ${path}`,
    unreadable: (path) => `${path} n’est pas un fichier de contextes. Réparez-le ou supprimez-le.`,
    invalid:
      'Un nom de contexte contient des lettres, des chiffres, « . », « _ » et « - », et commence par une lettre ou un chiffre.',
    unknown: (name, known) =>
      `Le contexte « ${name} » n’existe pas. ${known.length > 0 ? `Connus : ${known.join(', ')}.` : 'Ajoutez-en un : ikoma context add'}`,
    needsUrl: 'Dites où est le plan de contrôle : --url https://ikoma.example.org',
    needsCredential:
      'Donnez un accès : --token-file <fichier>, --admin-key-file <fichier> (« - » le lit sur l’entrée standard).',
    emptyCredential: 'L’accès est vide.',
    added: (name, url) => `Le contexte « ${name} » mène à ${url}.`,
    notCurrent: (current, name) =>
      `Le contexte courant reste « ${current} ». Pour en changer : ikoma context use ${name}`,
    used: (name, url) => `Les commandes vont désormais à « ${name} » (${url}).`,
    source: {
      option: 'l’option --url',
      environment: 'l’environnement',
      context: 'un contexte enregistré',
      local: 'ce dossier',
    },
  },

  doctor: {
    adviceNode: (oldest) => `Installez Node.js ${oldest} ou plus récent.`,
    contexts: (count, path) => `${count} contextes dans ${path}`,
    adviceContext: 'Pour voir ce qui serait utilisé : ikoma context show',
    unreachable: (url) => `pas de réponse de ${url}`,
    ready: (url) => `plan de contrôle prêt à ${url}`,
    notReady: (url, status) => `le plan de contrôle à ${url} n’est pas prêt (${status})`,
    adviceNotReady: 'Lisez son journal : la base de données est peut-être inaccessible.',
    plainHttp: (url) => `les accès voyagent en clair vers ${url}`,
    advicePlainHttp: 'Placez-le derrière https.',
    clock: 'les horloges concordent',
    clockSkew: (span) => `les horloges diffèrent de ${span}`,
    adviceClock: 'Synchronisez les deux machines, par exemple avec systemd-timesyncd.',
    noCredential: 'aucun accès',
    accepted: (source) => `accès accepté (d’après ${source})`,
    runnersOnline: (count) => (count > 1 ? `${count} runners, tous en ligne` : `${count} runner, en ligne`),
    runnersOffline: (names) => `hors ligne : ${names}`,
    adviceOffline: 'Sur ce serveur : systemctl status ikoma-runner, ou lancez-le avec `ikoma runner run`.',
  },
}
