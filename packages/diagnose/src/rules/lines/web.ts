import type { LogMatch } from '../../rule.ts'
import { isOpenHere } from '../listeners.ts'
import { lineRule } from './line-rule.ts'

const fails = ['The app fails while it answers', 'L’app échoue en répondant'] as const

export const hostNotAllowed = lineRule({
  name: 'host_not_allowed',
  patterns: [
    /Invalid HTTP_HOST header: '(?<host>[^']+)'/,
    /Blocked hosts?: (?<host>\S+)/,
    /Blocked request\. This host \("?(?<host>[^")]+)"?\) is not allowed/,
    /Invalid Host header|Untrusted Host "(?<host>[^"]+)"/,
  ],
  symptom: ['The app refuses its own address', 'L’app refuse sa propre adresse'],
  cause: [
    '{host|The name that it is asked by} is not among the hosts that it allows.',
    '{host|Le nom demandé} n’est pas parmi les hôtes qu’elle autorise.',
  ],
  advice: [
    'Add the name to its hosts (ALLOWED_HOSTS, config.hosts), and have the proxy hand on Host.',
    'Ajoutez le nom à ses hôtes (ALLOWED_HOSTS, config.hosts), et que le proxy transmette Host.',
  ],
})

export const assetsMissing = lineRule({
  name: 'assets_missing',
  patterns: [
    /(?<said>Missing staticfiles manifest entry for '[^']+')/,
    /(?<said>Vite manifest not found at: ?\S+|Unable to locate file in Vite manifest: ?\S+)/,
    /(?<said>Could not find a production build in the '[^']+' directory)/,
    /(?<said>[Tt]he asset "[^"]+" is not present in the asset pipeline)/,
    /(?<said>AssetNotPrecompiled|AssetNotFound)/,
    /(?<said>without having set the STATIC_ROOT setting)/,
    /(?<said>Could not find a JavaScript runtime)/,
    /(?<said>(?:Mix manifest|The Mix manifest) (?:not found|does not exist))/,
  ],
  symptom: fails,
  cause: ['What is built of its pages is not there: {said}', 'Ce qui se construit de ses pages manque : {said}'],
  advice: [
    'Build it as part of the deploy (collectstatic, assets:precompile, npm run build).',
    'Construisez-le au déploiement (collectstatic, assets:precompile, npm run build).',
  ],
})

export const workersBusy = lineRule({
  name: 'workers_busy',
  patterns: [
    /WORKER TIMEOUT \(pid:\d+\)/,
    /Maximum execution time of \d+ seconds? exceeded/,
    /server reached (?:pm\.)?max_children setting/,
    /server reached MaxRequestWorkers setting/,
    /worker_connections are not enough/,
    /Rack::Timeout::RequestT/,
  ],
  symptom: ['Requests wait too long', 'Les requêtes attendent trop'],
  cause: [
    'Its workers are all busy, or take longer than they may.',
    'Ses workers sont tous occupés, ou dépassent leur temps.',
  ],
  advice: [
    'Look for what they wait for; then raise their number or their time with the memory in mind.',
    'Cherchez ce qu’ils attendent ; puis augmentez leur nombre ou leur temps selon la mémoire.',
  ],
})

export const upstreamSocket = lineRule({
  name: 'upstream_socket',
  patterns: [
    /connect\(\) to unix:(?<path>\S+) failed \(2: No such file/,
    /connect\(\) to unix:(?<path>\S+) failed \((?:13: Permission denied|111: Connection refused|11: Resource temporarily unavailable)/,
    /dial unix (?<path>(?!\S*docker\.sock)\S+): connect: (?:no such file or directory|permission denied|connection refused)/,
  ],
  symptom: ['The proxy answers 502', 'Le proxy répond 502'],
  cause: [
    'The socket {path} is not there, closed to the proxy, or nobody listens.',
    'Le socket {path} n’existe pas, est fermé au proxy, ou personne n’écoute.',
  ],
  advice: [
    'Start what serves it (php-fpm, gunicorn) and give the proxy’s group access to the socket.',
    'Démarrez ce qui le sert (php-fpm, gunicorn) et ouvrez le socket au groupe du proxy.',
  ],
})

export const scriptUnknown = lineRule({
  name: 'script_unknown',
  patterns: [/Primary script unknown|No input file specified/],
  symptom: ['The proxy answers 404', 'Le proxy répond 404'],
  cause: ['PHP does not find the script that the proxy names.', 'PHP ne trouve pas le script que nomme le proxy.'],
  advice: [
    'Check root and SCRIPT_FILENAME of the site, and that PHP may read the folder.',
    'Vérifiez root et SCRIPT_FILENAME du site, et que PHP peut lire le dossier.',
  ],
})

export const headerTooBig = lineRule({
  name: 'header_too_big',
  patterns: [/upstream sent too big header while reading response header/],
  symptom: ['The proxy answers 502', 'Le proxy répond 502'],
  cause: [
    'The app answers with headers that are larger than the proxy takes: often cookies.',
    'L’app répond avec des en-têtes trop grands pour le proxy : souvent des cookies.',
  ],
  advice: [
    'Make the cookies smaller, or raise proxy_buffer_size (fastcgi_buffer_size).',
    'Réduisez les cookies, ou augmentez proxy_buffer_size (fastcgi_buffer_size).',
  ],
})

export const bodyTooLarge = lineRule({
  name: 'body_too_large',
  patterns: [
    /client intended to send too large body/,
    /http: request body too large/,
    /PayloadTooLargeError|POST Content-Length of \d+ bytes exceeds the limit/,
  ],
  symptom: ['Uploads are refused with 413', 'Les envois sont refusés (413)'],
  cause: ['They are larger than the proxy or the app takes.', 'Ils dépassent ce que le proxy ou l’app accepte.'],
  advice: [
    'Raise the limit of the site (client_max_body_size, max_size) and of the app.',
    'Relevez la limite du site (client_max_body_size, max_size) et de l’app.',
  ],
})

export const nameUnknown = lineRule({
  name: 'name_unknown',
  patterns: [
    /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?<host>[\w.-]+)/,
    /could not translate host name "(?<host>[^"]+)" to address/,
    /UnknownHostException: (?<host>[\w.-]+)/,
    /php_network_getaddresses: getaddrinfo(?: for (?<host>\S+))? failed/,
    /dial tcp: lookup (?<host>[\w.-]+)(?: on \S+)?: (?:no such host|server misbehaving|i\/o timeout)/,
    /(?:Name or service not known|Temporary failure in name resolution|nodename nor servname provided)/,
    /Failed to resolve '(?<host>[^']+)'/,
  ],
  symptom: ['The app does not find a name', 'L’app ne trouve pas un nom'],
  cause: [
    '{host|A name that it asks for} leads nowhere from there: misspelt, another network, or not up.',
    '{host|Un nom demandé} ne mène nulle part de là : mal écrit, autre réseau, ou arrêté.',
  ],
  advice: [
    'Correct the name, or put both on one network; names of compose services hold within their project alone.',
    'Corrigez le nom, ou placez les deux sur un même réseau ; les noms de services compose ne valent que dans leur projet.',
  ],
})

const otherPort = '(?!(?:5432|6379|3306|27017)\\b)(?<port>\\d{2,5})\\b'

export const dependencyDown = lineRule({
  name: 'dependency_down',
  patterns: [
    new RegExp(`ECONNREFUSED (?<host>[\\w.]+|::1):${otherPort}`),
    /ETIMEDOUT (?<host>[\w.]+):(?<port>\d{2,5})/,
    new RegExp(`dial tcp (?<host>[\\w.-]+|\\[[0-9a-f:]+\\]):${otherPort}: connect: connection refused`),
    /dial tcp (?<host>[\w.-]+):(?<port>\d{2,5}): i\/o timeout/,
    new RegExp(
      `Failed to (?:open TCP connection|connect) to (?<host>[\\w.-]+)(?::| port )${otherPort}.*(?:Connection refused|ECONNREFUSED)`,
    ),
    /HTTPConnectionPool\(host='(?<host>[^']+)', port=(?<port>\d+)\).*(?:Connection refused|timed out)/,
  ],
  symptom: ['The app does not reach what it needs', 'L’app n’atteint pas ce dont elle a besoin'],
  cause: ['Nothing answers it at {host}:{port}.', 'Rien ne lui répond à {host}:{port}.'],
  advice: [
    'Start what should listen there, or correct its address in the environment.',
    'Démarrez ce qui doit y écouter, ou corrigez son adresse dans l’environnement.',
  ],
  // What the proxy does not reach is the app.
  isOver: ({ line, evidence, groups }: LogMatch) =>
    /^(caddy|nginx)\.service$/.test(line.source) ||
    isOpenHere(evidence, { host: groups.host ?? '', port: Number(groups.port), source: line.source }) === true,
})

export const peerCertificate = lineRule({
  name: 'peer_certificate',
  patterns: [
    /(?<said>UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_HAS_EXPIRED|ERR_TLS_CERT_ALTNAME_INVALID)/,
    /(?<said>x509: certificate (?:signed by unknown authority|has expired or is not yet valid|is valid for .*, not \S+))/,
    /(?<said>PKIX path building failed)/,
    /(?<said>CERTIFICATE_VERIFY_FAILED|certificate verify failed)/,
    /(?<said>unable to get local issuer certificate|self[- ]signed certificate(?: in certificate chain)?)/,
  ],
  symptom: ['The app does not trust whom it speaks to', 'L’app ne se fie pas à son correspondant'],
  cause: ['The certificate of the other side is refused: {said}', 'Le certificat de l’autre côté est refusé : {said}'],
  advice: [
    'Have it renewed there, or give the app its authority (NODE_EXTRA_CA_CERTS, ca-certificates); do not switch the check off.',
    'Faites-le renouveler là-bas, ou donnez son autorité à l’app (NODE_EXTRA_CA_CERTS, ca-certificates) ; ne coupez pas la vérification.',
  ],
  // A proxy before the app speaks of its own certificates.
  isOver: ({ line }) => /^(caddy\.service|certbot)$/.test(line.source),
})

export const mailRefused = lineRule({
  name: 'mail_refused',
  patterns: [/Invalid login: 535|SMTPAuthenticationError|535[ -]5\.7\.\d+|Net::SMTPAuthenticationError/],
  symptom: ['Mail is not sent', 'Le courrier ne part pas'],
  cause: ['The mail server refuses the login.', 'Le serveur de courrier refuse la connexion.'],
  advice: [
    'Correct its user and password in the environment.',
    'Corrigez son utilisateur et son mot de passe dans l’environnement.',
  ],
})
