/** systemd.exec(5), "Process exit codes": what systemd itself gave up at, before the program began. */
const steps: Readonly<Record<number, readonly [step: string, meaning: string]>> = {
  200: ['CHDIR', 'its working directory is not there, or closed to its user'],
  201: ['NICE', 'its priority could not be set (Nice=)'],
  202: ['FDS', 'its file descriptors could not be set up'],
  203: ['EXEC', 'its program is not there, may not be executed, or is made for another system'],
  204: ['MEMORY', 'memory ran out as it was started'],
  205: ['LIMITS', 'its limits could not be set (LimitNOFILE= and the like)'],
  206: ['OOM_ADJUST', 'its OOM score could not be set'],
  207: ['SIGNAL_MASK', 'its signals could not be set up'],
  208: ['STDIN', 'its input could not be opened (StandardInput=)'],
  209: ['STDOUT', 'its output could not be opened (StandardOutput=)'],
  210: ['CHROOT', 'its root folder is not there, or closed (RootDirectory=)'],
  214: ['SETSCHEDULER', 'its scheduling could not be set'],
  215: ['CPUAFFINITY', 'its processors could not be set (CPUAffinity=)'],
  216: ['GROUP', 'its group does not exist (Group=, SupplementaryGroups=)'],
  217: ['USER', 'its user does not exist (User=)'],
  218: ['CAPABILITIES', 'its capabilities could not be set'],
  219: ['CGROUP', 'its control group could not be set up'],
  222: ['STDERR', 'its error output could not be opened (StandardError=)'],
  224: ['PAM', 'the session of PAMName= was refused'],
  225: ['NETWORK', 'its network could not be set up (PrivateNetwork=)'],
  226: ['NAMESPACE', 'its file system could not be set up: a path of ReadWritePaths= and the like is not there'],
  227: ['NO_NEW_PRIVILEGES', 'NoNewPrivileges= could not be set'],
  228: ['SECCOMP', 'its system calls could not be filtered (SystemCallFilter=)'],
  231: ['APPARMOR_PROFILE', 'its AppArmor profile could not be set'],
  232: ['ADDRESS_FAMILIES', 'RestrictAddressFamilies= could not be set'],
  233: ['RUNTIME_DIRECTORY', 'its folder below /run could not be made (RuntimeDirectory=)'],
  235: ['CHOWN', 'the owner of its socket could not be set'],
  238: ['STATE_DIRECTORY', 'its folder below /var/lib could not be made (StateDirectory=)'],
  239: ['CACHE_DIRECTORY', 'its folder below /var/cache could not be made (CacheDirectory=)'],
  240: ['LOGS_DIRECTORY', 'its folder below /var/log could not be made (LogsDirectory=)'],
  241: ['CONFIGURATION_DIRECTORY', 'its folder below /etc could not be made (ConfigurationDirectory=)'],
  243: ['CREDENTIALS', 'its credentials could not be set up (LoadCredential=)'],
  245: ['BPF', 'its BPF filters could not be set up'],
}

/** Usual with shells and programs, and promised by nobody. */
const customs: Readonly<Record<number, string>> = {
  2: 'often a wrong option or argument',
  126: 'what a shell was to run may not be executed',
  127: 'what a shell was to run is not there',
  137: 'killed (SIGKILL), often for want of memory',
  139: 'a memory fault (SIGSEGV)',
  143: 'ended when it was told to (SIGTERM)',
}

/** `200/CHDIR: …`, or the number alone where it is the program's own. */
export function meaningOfExit(code: number, result: string): string {
  const [step, meaning] = steps[code] ?? []
  if (step !== undefined) return `exit code ${code}/${step}: ${meaning}`
  if (result === 'signal' || result === 'core-dump') return `ended by signal ${code}`
  const custom = customs[code]
  return custom === undefined ? `exit code ${code}` : `exit code ${code}: ${custom}`
}
