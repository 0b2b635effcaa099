import { lineRule } from './line-rule.ts'

const notStarted = ['The app does not start', 'L’app ne démarre pas'] as const

export const syntaxError = lineRule({
  name: 'syntax_error',
  patterns: [
    /^(?:Uncaught )?(?<said>SyntaxError: (?!Unexpected token '(?:\?\?=|\|\|=|\?\.|with|using)').*(?<!JSON.*|in JSON at position \d+.*))$/,
    /(?<said>(?:PHP )?Parse error: +syntax error, .*)/,
    /^(?<said>(?:IndentationError|TabError): .*)/,
    /(?<said>\S+\.rb:\d+: syntax errors?(?: found|,).*)/,
    /(?<said>(?:TSError|TransformError|error TS\d+): .*)/,
  ],
  symptom: notStarted,
  cause: ['Its code has an error: {said}', 'Son code a une erreur : {said}'],
  advice: [
    'Correct the line that it names, or deploy the release before.',
    'Corrigez la ligne nommée, ou redéployez la version d’avant.',
  ],
})

export const badOption = lineRule({
  name: 'bad_option',
  patterns: [
    /(?<said>(?:^|: )bad option: \S+)/,
    /(?<said>(?:un(?:known|recognized|recognised)|invalid|illegal|no such) (?:command[- ]line )?(?:option|flag|argument|switch)s?\b ?(?:'|"|:|-)[^\n]{1,120})/i,
    /(?<said>flag provided but not defined: \S+)/,
    /(?<said>Unrecognized (?:VM )?option:? '?\S+)/,
    /(?<said>error: unrecognized arguments: .*)/,
    /(?<said>option requires an argument -- ?'?\S+)/,
    /(?<said>unknown variable '[^']+=[^']*')/,
    /(?<said>unrecognized configuration parameter "[^"]+")/,
  ],
  symptom: notStarted,
  cause: [
    'It is started with an option that it does not know: {said}',
    'Elle est lancée avec une option qu’elle ne connaît pas : {said}',
  ],
  advice: ['Correct its command line or its settings.', 'Corrigez sa ligne de commande ou ses réglages.'],
})

export const runtimeVersion = lineRule({
  name: 'runtime_version',
  patterns: [
    /(?<said>UnsupportedClassVersionError: .*)/,
    /(?<said>Your Ruby version is \S+, but your Gemfile specified .*)/,
    /(?<said>Your Composer dependencies require a PHP version .*)/,
    /(?<said>version `(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found.*)/,
    /(?<said>invalid ELF header|wrong ELF class.*)/,
    /(?<said>error:0308010C:digital envelope routines::unsupported|ERR_OSSL_EVP_UNSUPPORTED)/,
    /(?<said>Prisma Client could not locate the Query Engine.*)/,
    /(?<said>error while loading shared libraries: \S+: cannot open shared object file)/,
    /(?<said>requires a CPU with AVX support)/,
    /(?<said>requires a (?:different|newer) Python.*|requires Python .* but .*)/,
    /(?<said>go: go\.mod requires go >= \S+)/,
  ],
  symptom: notStarted,
  cause: [
    'What it was built for is not what is on this server: {said}',
    'Elle a été construite pour autre chose que ce serveur : {said}',
  ],
  advice: [
    'Install the version that it asks for, or build it on a system like this one.',
    'Installez la version demandée, ou construisez-la sur un système comme celui-ci.',
  ],
})

export const entrypointBroken = lineRule({
  name: 'entrypoint_broken',
  patterns: [
    /^(?:\S+: )?exec \S+: (?<said>no such file or directory|exec format error|permission denied)/,
    /(?<said>exec format error|cannot execute binary file)/i,
    /(?<said>exec: "[^"]+": (?:executable file not found in \$PATH|stat \S+: no such file or directory|permission denied))/,
    /^(?:\/bin\/(?:ba)?sh|sh|bash): (?:line )?\d+: (?<said>(?!cd\b)\S+: not found)/,
    /(?<said>\$'\\r': command not found|bad interpreter: .*)/,
    /^(?:bundler|npm ERR!|npm error|yarn)\S*:? ?(?<said>(?:command not found|[Mm]issing script):? .*)/,
  ],
  symptom: notStarted,
  cause: ['What is to be run cannot be: {said}', 'Ce qui doit être lancé ne peut pas l’être : {said}'],
  advice: [
    'Check its path, that it may be executed, its line ends (LF) and that it was built for this processor.',
    'Vérifiez son chemin, son droit d’exécution, ses fins de ligne (LF) et le processeur visé.',
  ],
})

export const settingMissing = lineRule({
  name: 'setting_missing',
  patterns: [
    /(?<said>The (?<name>[A-Z_]+) setting must not be empty)/,
    /(?<said>You must set settings\.ALLOWED_HOSTS if DEBUG is False)/,
    /(?<said>Missing `secret_key_base` for '\w+' environment)/,
    /(?<said>Missing encryption key to decrypt file with|ActiveSupport::(?:MessageEncryptor::InvalidMessage|EncryptedFile::MissingKeyError))/,
    /(?<said>No application encryption key has been specified)/,
    /(?<said>Failed to configure a DataSource: '\w+' attribute is not specified)/,
    /(?<said>Could not resolve placeholder '[^']+' in value)/,
    /(?<said>secretOrPrivateKey must have a value)/,
    /(?<said>(?:Database is uninitialized and (?:superuser )?password (?:option )?is not specified|You need to specify one of the following as an environment variable))/,
    /(?<said>ImproperlyConfigured: (?!.*ALLOWED_HOSTS)(?:Requested setting \w+, but settings are not configured|Set the \w+ environment variable).*)/,
    /(?<said>Invalid environment variables:.*)/,
    /(?<said>The (?:APP_KEY|JWT_SECRET|NEXTAUTH_SECRET|AUTH_SECRET)[^.]{0,40}(?:missing|empty|not (?:set|defined)).*)/i,
    /(?<said>\[next-auth\]\[error\]\[NO_SECRET\]|MissingSecret: .*)/,
  ],
  symptom: ['The app refuses to start', 'L’app refuse de démarrer'],
  cause: ['A setting is missing: {said}', 'Il manque un réglage : {said}'],
  advice: ['Add it to the environment of the app.', 'Ajoutez-le à l’environnement de l’app.'],
})

export const pidFileLeft = lineRule({
  name: 'pid_file_left',
  patterns: [
    /(?<said>A server is already running(?: \(pid: \d+, file: [^)]+\)|\. Check .*server\.pid))/,
    /(?<said>lock file "postmaster\.pid" already exists)/,
    /(?<said>DBPathInUse: Unable to (?:create\/open|lock) the lock file.*)/,
    /(?<said>Unable to lock \.\/\S+,? error: 11)/,
    /(?<said>httpd \(pid \d+\) already running)/,
    /(?<said>pid(?:file| file) .{0,80}(?:already exists|still running).*)/i,
  ],
  symptom: notStarted,
  cause: [
    'It finds that it runs already, or a file that a killed run has left: {said}',
    'Elle se croit déjà lancée, ou un fichier d’un lancement tué est resté : {said}',
  ],
  advice: [
    'See that no other of it runs, then remove that file (not one of a database that runs).',
    'Vérifiez qu’aucune autre ne tourne, puis supprimez ce fichier (jamais celui d’une base qui tourne).',
  ],
})

export const fileMissing = lineRule({
  name: 'file_missing',
  patterns: [
    /ENOENT: no such file or directory, (?:open|scandir|stat|lstat|access) '(?<path>\/(?![^']*\.env)[^']+)'/,
    /FileNotFoundError: \[Errno 2\] No such file or directory: '(?<path>(?![^']*\.env)[^']+)'/,
    /(?:panic|fatal|error|failed)\b.*\bopen (?<path>[\w./@-]+\.(?:ya?ml|json|toml|ini|conf|pem|key|crt|html|tmpl)): no such file or directory/i,
    /FileNotFoundException: (?<path>\S+) \(No such file or directory\)/,
    /No such file or directory @ \w+ - (?<path>\S+)/,
    /Failed opening required '(?<path>(?!.*vendor\/autoload)[^']+)'/,
    /Unable to access jarfile (?<path>\S+)/,
    /(?:cannot load certificate|BIO_new_file\(\)|SSL_CTX_use_PrivateKey_file).{0,10}"(?<path>[^"]+)".*No such file/,
  ],
  symptom: notStarted,
  cause: ['A file that it needs is not there: {path}', 'Un fichier nécessaire n’existe pas : {path}'],
  advice: [
    'Put {path} there, or correct its path; relative paths begin at the working directory.',
    'Placez {path}, ou corrigez son chemin ; un chemin relatif part du répertoire de travail.',
  ],
  isOver: ({ groups, evidence }) => Boolean(evidence.files[groups.path ?? '']),
})
