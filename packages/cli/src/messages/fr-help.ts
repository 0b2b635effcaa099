import type { CommandHelp, helpEn } from './en-help.ts'

export const helpFr: Record<keyof typeof helpEn, CommandHelp> = {
  ikoma: {
    summary: 'Piloter des serveurs : passer des ordres, les suivre, prouver comment ils ont fini.',
    examples: [
      ['ikoma up', 'démarrer un plan de contrôle et un runner sur cette machine'],
      ['ikoma order create runner.selftest', 'demander au runner de s’examiner'],
    ],
  },
  up: {
    summary: 'Démarrer un plan de contrôle et un runner dans un seul processus',
    details:
      'Rien d’autre à installer : les données vont dans ./data, sauf si DB_PATH dit autre chose. Ctrl-C arrête les deux.',
    examples: [
      ['ikoma up', 'démarrer sur le port 3000'],
      ['ikoma up --port 8080', 'démarrer sur un autre port'],
    ],
  },
  server: {
    summary: 'Démarrer le plan de contrôle seul',
    details: 'Lit ses réglages dans l’environnement. Les runners s’y connectent depuis leurs serveurs.',
    examples: [
      ['ikoma server', 'démarrer sur le port 3000 avec une base dans ./data'],
      ['DATABASE_URL=postgres://… ikoma server', 'démarrer sur PostgreSQL'],
    ],
  },
  order: {
    summary: 'Passer des ordres et les suivre',
    examples: [
      ['ikoma order types', 'ce qui peut être ordonné'],
      ['ikoma order create runner.selftest', 'passer un ordre et le suivre'],
    ],
  },
  diagnose: {
    summary: 'Trouver ce qui ne va pas avec une app sur un serveur, et ce qui le réparerait',
    details:
      'Place un ordre de type diagnose.run, qui ne change rien. Plus on lui en dit, plus il examine.\n' +
      'Trouver un problème n’est pas un échec : le code de sortie dit comment l’ordre s’est terminé.',
    examples: [
      ['ikoma diagnose gateway --port 8080 --domain app.example.org', 'un service derrière un proxy'],
      ['ikoma diagnose --host web-1 --compose /srv/app/docker-compose.yml', 'les conteneurs d’un fichier compose'],
      ['ikoma diagnose --pm2 backend --pm2-user app --since 2h --json', 'un processus PM2, en JSON'],
    ],
  },
  'order create': {
    summary: 'Passer un ordre et le suivre jusqu’à sa fin',
    details:
      'Sans --runner, --host ni --scope, le seul runner est pris. Ctrl-C arrête le suivi, pas l’ordre.\n' +
      'Le code de sortie dit comment l’ordre a fini : 0 réussi, 1 échoué, 5 refusé, 6 délai dépassé ou issue inconnue.',
    examples: [
      ['ikoma order create runner.selftest', 'examiner le seul runner'],
      [
        'ikoma order create check.http.run --host web-1 --set url=https://example.org',
        'vérifier une adresse depuis web-1',
      ],
      ['ikoma order create system.facts.collect --runner web-1 --json', 'l’ordre terminé en JSON'],
    ],
  },
  'order list': {
    summary: 'Lister les ordres, du plus récent au plus ancien',
    examples: [
      ['ikoma order list --status FAILED,TIMED_OUT --since 24h', 'ce qui a échoué depuis un jour'],
      ['ikoma order list --host web-1 --json', 'les ordres d’un hôte, en JSON'],
    ],
  },
  'order show': {
    summary: 'Montrer un ordre, ses événements et son rapport',
    examples: [
      ['ikoma order show 7f3c1b9a', 'par la fin de son id'],
      ['ikoma order show 7f3c1b9a --json', 'l’ordre en JSON'],
    ],
  },
  'order logs': {
    summary: 'Montrer ce qu’un ordre a écrit, ou le suivre',
    examples: [
      ['ikoma order logs 7f3c1b9a', 'tout ce qu’il a écrit jusqu’ici'],
      ['ikoma order logs -f 7f3c1b9a', 'le suivre à nouveau et attendre sa fin'],
    ],
  },
  'order cancel': {
    summary: 'Annuler un ordre',
    details:
      'Un ordre en attente finit aussitôt ; un ordre en cours est prié de s’arrêter, et finit quand son runner le dit.',
    examples: [
      ['ikoma order cancel 7f3c1b9a', 'l’annuler'],
      ["ikoma order cancel 7f3c1b9a --reason 'wrong server'", 'et dire pourquoi'],
    ],
  },
  'order retry': {
    summary: 'Passer à nouveau un ordre terminé',
    examples: [
      ['ikoma order retry 7f3c1b9a', 'le passer à nouveau'],
      ['ikoma order retry 7f3c1b9a --json', 'le nouvel ordre en JSON'],
    ],
  },
  'order approve': {
    summary: 'Laisser s’exécuter un ordre qui attend une approbation',
    examples: [
      ['ikoma order list --status PENDING_APPROVAL', 'ce qui attend'],
      ['ikoma order approve 7f3c1b9a', 'le laisser s’exécuter'],
    ],
  },
  'order reject': {
    summary: 'Refuser un ordre qui attend une approbation',
    examples: [
      ['ikoma order reject 7f3c1b9a', 'le refuser'],
      ["ikoma order reject 7f3c1b9a --reason 'not on a Friday'", 'et dire pourquoi'],
    ],
  },
  'order export': {
    summary: 'Écrire les ordres terminés en NDJSON, un par ligne',
    details: 'Chaque ligne est un ordre avec son rapport, ses événements et son journal, le plus récent d’abord.',
    examples: [
      ['ikoma order export --since 30d --output orders.ndjson', 'le dernier mois, dans un fichier'],
      ['ikoma order export --status FAILED | jq -r .statusReason', 'vers un autre programme'],
    ],
  },
  'order types': {
    summary: 'Lister ce qui peut être ordonné, ou les paramètres d’un type',
    examples: [
      ['ikoma order types', 'tous les types avec leur risque'],
      ['ikoma order types check.http.run', 'les paramètres d’un type'],
    ],
  },
  runner: {
    summary: 'Runners : les processus qui exécutent les ordres',
    examples: [
      ['ikoma runner list', 'qui est en ligne'],
      ['ikoma runner invite --name web-1', 'préparer la ligne qui en inscrit un nouveau'],
    ],
  },
  'runner invite': {
    summary: 'Afficher la ligne qui fait d’un serveur un runner',
    details: 'L’invitation sert une fois, pendant 15 minutes.',
    examples: [
      ['ikoma runner invite --name web-1 --host web-1', 'pour l’hôte web-1'],
      [
        'ikoma runner invite --scope check,system --public-url https://ikoma.example.org',
        'seulement vérifications et relevés',
      ],
    ],
  },
  'runner enrol': {
    summary: 'Faire de cette machine un runner',
    details: 'Crée la clé qui prouve son identité, et la garde dans le dossier d’état.',
    examples: [
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_…', 'avec le jeton d’une invitation'],
      ['ikoma runner enrol --url https://ikoma.example.org --token iko_… --name web-1', 'sous un autre nom'],
    ],
  },
  'runner run': {
    summary: 'Exécuter des ordres sur cette machine',
    examples: [
      ['ikoma runner run', 'avec l’identité gardée par enrol'],
      ['ikoma runner run --state-dir /var/lib/ikoma-runner', 'avec une identité gardée ailleurs'],
    ],
  },
  'runner install': {
    summary: 'Installer le runner sur ce serveur, en tant que root',
    details:
      'Crée l’utilisateur ikoma, /var/lib/ikoma et /etc/ikoma, et des unités systemd : un runner sans droits qui parle au ' +
      'plan de contrôle, et un exécuteur root qui ne parle qu’au runner et ne fait que ce que la politique permet.\n' +
      'Enrôle aussi le serveur, avec --url et --token. Le refaire ne change que ce qui diffère.\n' +
      'Une nouvelle politique (/etc/ikoma/policy.json) ne permet rien qui exige root : élargissez-la avec --allow.',
    examples: [
      ['ikoma runner install --url https://ikoma.example.org --token iko_…', 'avec le jeton d’une invitation'],
      ['ikoma runner install --allow system,platform,service --dry-run', 'ce que changerait une politique plus large'],
    ],
  },
  'runner uninstall': {
    summary: 'Retirer le runner de ce serveur, en tant que root',
    details:
      'Arrête, désactive et supprime les unités. Réglages, identité, journal et l’utilisateur qui les possède restent pour ' +
      'une installation ultérieure, sauf avec --purge. Rien de ce que les ordres ont fait n’est touché.',
    examples: [
      ['ikoma runner uninstall', 'garder ce qui a été réglé et écrit'],
      ['ikoma runner uninstall --purge --dry-run', 'ce que tout supprimer supprimerait'],
    ],
  },
  executor: {
    summary: 'L’exécuteur : ce qui exige root, fait pour le runner',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'comme systemd le démarre'],
      ['systemctl status ikoma-executor.socket', 's’il écoute'],
    ],
  },
  'executor run': {
    summary: 'Exécuter un ordre en tant que root, pour la connexion sur l’entrée standard',
    details: 'Démarré par ikoma-executor.socket. `ikoma runner install` écrit son unité.',
    examples: [
      ['ikoma executor run --peer 0-1234-998', 'comme systemd le démarre'],
      ["journalctl -u 'ikoma-executor@*'", 'ce qui lui a été demandé et ce qu’il a fait'],
    ],
  },
  'runner list': {
    summary: 'Lister les runners',
    examples: [
      ['ikoma runner list', 'noms, états et portées'],
      ['ikoma runner list --json', 'en JSON'],
    ],
  },
  'runner show': {
    summary: 'Montrer un runner',
    examples: [
      ['ikoma runner show web-1', 'par son nom'],
      ['ikoma runner show web-1 --json', 'en JSON'],
    ],
  },
  'runner edit': {
    summary: 'Changer le nom, les portées ou le nombre d’ordres d’un runner, ou le désactiver',
    details: 'Son serveur a le dernier mot : ce que /etc/ikoma/policy.json interdit, aucune portée ne le permet.',
    examples: [
      ['ikoma runner edit web-1 --scope system,platform,service', 'tout ce qu’il peut faire'],
      ['ikoma runner edit web-1 --disable', 'un serveur auquel ne plus se fier : refusé aussitôt'],
    ],
  },
  'runner rotate': {
    summary: 'Remplacer le jeton d’un runner',
    examples: [
      ['ikoma runner rotate web-1', 'l’ancien jeton fonctionne encore 5 minutes'],
      ['ikoma runner rotate web-1 --overlap 0', 'l’ancien jeton cesse aussitôt'],
    ],
  },
  'runner remove': {
    summary: 'Supprimer un runner',
    examples: [
      ['ikoma runner remove web-1 --confirm web-1', 'par son nom'],
      ['ikoma runner remove 4fd21a7c --confirm web-1', 'par la fin de son id'],
    ],
  },
  host: {
    summary: 'Hôtes : les serveurs gérés',
    examples: [
      ['ikoma host list', 'chaque hôte avec son runner'],
      ['ikoma host add web-1', 'en prendre un en charge'],
    ],
  },
  'host list': {
    summary: 'Lister les hôtes',
    examples: [
      ['ikoma host list', 'noms, runners et marques'],
      ['ikoma host list --json', 'en JSON'],
    ],
  },
  'host add': {
    summary: 'Prendre un serveur en charge',
    examples: [
      ['ikoma host add web-1 --tag production', 'avec une marque'],
      ['ikoma host add web-1 --runner web-1', 'et lui attacher son runner'],
    ],
  },
  'host show': {
    summary: 'Montrer un hôte',
    examples: [
      ['ikoma host show web-1', 'par son nom'],
      ['ikoma host show web-1 --json', 'en JSON'],
    ],
  },
  'host attach': {
    summary: 'Choisir le runner qui exécute les ordres d’un hôte',
    examples: [
      ['ikoma host attach web-1 web-1-runner', 'attacher un runner'],
      ['ikoma host attach web-1 --none', 'détacher le sien'],
    ],
  },
  'host remove': {
    summary: 'Ne plus gérer un serveur',
    details: 'Rien ne change sur le serveur lui-même.',
    examples: [
      ['ikoma host remove web-1 --confirm web-1', 'par son nom'],
      ['ikoma host remove 4fd21a7c --confirm web-1', 'par la fin de son id'],
    ],
  },
  schedule: {
    summary: 'Planifications : des ordres passés par l’horloge',
    examples: [
      ['ikoma schedule list', 'ce qui s’exécute, et quand'],
      ["ikoma schedule add nightly runner.selftest --cron '0 3 * * *'", 'chaque nuit à trois heures'],
    ],
  },
  'schedule list': {
    summary: 'Lister les planifications',
    examples: [
      ['ikoma schedule list', 'avec leurs prochaines exécutions'],
      ['ikoma schedule list --json', 'en JSON'],
    ],
  },
  'schedule add': {
    summary: 'Faire passer un ordre par l’horloge',
    details: 'Prend les mêmes options que `ikoma order create`.',
    examples: [
      [
        "ikoma schedule add nightly runner.selftest --cron '0 3 * * *' --time-zone Europe/Paris",
        'chaque nuit à trois heures',
      ],
      [
        "ikoma schedule add site check.http.run --cron '*/5 * * * *' --set url=https://example.org",
        'toutes les cinq minutes',
      ],
    ],
  },
  'schedule show': {
    summary: 'Montrer une planification',
    examples: [
      ['ikoma schedule show nightly', 'par son nom'],
      ['ikoma schedule show nightly --json', 'en JSON'],
    ],
  },
  'schedule pause': {
    summary: 'Mettre une planification en pause',
    examples: [
      ['ikoma schedule pause nightly', 'plus aucune exécution'],
      ['ikoma schedule pause nightly --json', 'la planification en JSON'],
    ],
  },
  'schedule resume': {
    summary: 'Reprendre une planification en pause',
    examples: [
      ['ikoma schedule resume nightly', 'avec sa prochaine exécution'],
      ['ikoma schedule resume nightly --json', 'la planification en JSON'],
    ],
  },
  'schedule remove': {
    summary: 'Supprimer une planification',
    examples: [
      ['ikoma schedule remove nightly --confirm nightly', 'par son nom'],
      ['ikoma schedule remove 4fd21a7c --confirm nightly', 'par la fin de son id'],
    ],
  },
  token: {
    summary: 'Jetons : les accès des personnes et des programmes',
    examples: [
      ['ikoma token list', 'qui en a un'],
      ['ikoma token create ci --role operator', 'en créer un'],
    ],
  },
  'token list': {
    summary: 'Lister les jetons ; leur valeur n’est plus jamais montrée',
    examples: [
      ['ikoma token list', 'noms, rôles et échéances'],
      ['ikoma token list --json', 'en JSON'],
    ],
  },
  'token create': {
    summary: 'Créer un jeton et le montrer cette seule fois',
    examples: [
      ['ikoma token create ci --role operator', 'pour 90 jours'],
      ['ikoma token create screen --role viewer --expires-in-days 365', 'pour un an, en lecture seule'],
    ],
  },
  'token revoke': {
    summary: 'Révoquer un jeton aussitôt',
    examples: [
      ['ikoma token revoke ci --confirm ci', 'par son nom'],
      ['ikoma token revoke 4fd21a7c --confirm ci', 'par la fin de son id'],
    ],
  },
  audit: {
    summary: 'Le registre de tous les changements',
    examples: [
      ['ikoma audit list', 'tous les changements, du plus ancien au plus récent'],
      ['ikoma audit verify', 'si le registre est intact'],
    ],
  },
  'audit list': {
    summary: 'Lister les événements d’audit, du plus ancien au plus récent',
    examples: [
      ['ikoma audit list --action token.created', 'qui a créé des jetons'],
      ['ikoma audit list --all --json', 'tout le registre en JSON'],
    ],
  },
  'audit verify': {
    summary: 'Vérifier qu’aucun événement d’audit n’a été altéré ou retiré',
    details:
      'Sort avec 1 quand la chaîne est rompue. Gardez ailleurs la tête affichée, pour déceler une chaîne tronquée.',
    examples: [
      ['ikoma audit verify', 'vérifier chaque événement'],
      ['ikoma audit verify --json', 'le constat en JSON'],
    ],
  },
  context: {
    summary: 'Contextes : les plans de contrôle que vous utilisez, avec leurs accès',
    details:
      'Choisis dans cet ordre : --url ou --context, IKOMA_URL avec IKOMA_TOKEN ou IKOMA_ADMIN_KEY,\n' +
      'le contexte courant, le plan de contrôle de ce dossier.',
    examples: [
      ['ikoma context list', 'ceux qui sont enregistrés'],
      ['ikoma context use prod', 's’adresser à un autre'],
    ],
  },
  'context add': {
    summary: 'Enregistrer un plan de contrôle et son accès',
    examples: [
      [
        'ikoma context add prod --url https://ikoma.example.org --token-file token.txt',
        'avec un jeton lu dans un fichier',
      ],
      [
        'ikoma context add prod --url https://ikoma.example.org --token-file - --use',
        'lu sur l’entrée standard, et l’utiliser',
      ],
    ],
  },
  'context list': {
    summary: 'Lister les contextes ; les accès ne sont pas montrés',
    examples: [
      ['ikoma context list', 'le contexte courant porte une étoile'],
      ['ikoma context list --json', 'en JSON'],
    ],
  },
  'context use': {
    summary: 'Choisir le contexte courant',
    examples: [
      ['ikoma context use prod', 'à partir de maintenant'],
      ['ikoma runner list --context prod', 'pour une seule commande'],
    ],
  },
  'context show': {
    summary: 'Montrer à quel plan de contrôle une commande s’adresserait, et pourquoi',
    examples: [
      ['ikoma context show', 'dans l’état actuel'],
      ['ikoma context show --context prod', 'avec une option'],
    ],
  },
  'context remove': {
    summary: 'Oublier un plan de contrôle et son accès',
    examples: [
      ['ikoma context remove prod', 'l’oublier'],
      ['ikoma context remove prod --json', 'ce qui a été oublié, en JSON'],
    ],
  },
  doctor: {
    summary: 'Trouver pourquoi quelque chose ne marche pas',
    details: 'Sort avec 1 quand une vérification échoue.',
    examples: [
      ['ikoma doctor', 'tout vérifier d’ici'],
      ['ikoma doctor --context prod', 'vérifier un autre plan de contrôle'],
    ],
  },
  completion: {
    summary: 'Afficher un script de complétion pour un shell',
    examples: [
      ['source <(ikoma completion bash)', 'bash, pour cette session'],
      ['ikoma completion fish > ~/.config/fish/completions/ikoma.fish', 'fish, pour de bon'],
    ],
  },
}
