/**
 * What an application behind a proxy can do without. Left out on purpose: MemoryDenyWriteExecute (V8 writes the code it
 * runs) and ProcSubset=pid (health checks read /proc/meminfo).
 */
export function hardening(readWritePaths: readonly string[], home: string | null = null): string[] {
  return [
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    // An empty /home, and in it the one that is the account's own.
    ...(home === null ? ['ProtectHome=yes'] : ['ProtectHome=tmpfs', `BindPaths=${home}`]),
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectProc=invisible',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'KeyringMode=private',
    'UMask=0077',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    // A refused call is an error the program can report, not a kill without a word.
    'SystemCallErrorNumber=EPERM',
    // Netlink is how a process lists its own network interfaces, which HTTP servers do when they start.
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    ...readWritePaths.map((path) => `ReadWritePaths=${path}`),
  ]
}

/**
 * What root can do without and still install packages, write where they write, make users, mount swap, set a firewall and
 * speak to systemd: docs/decisions/0009-root-executor.md has the reason for everything that is missing here.
 */
export function rootHardening(): string[] {
  return [
    'NoNewPrivileges=yes',
    `CapabilityBoundingSet=${rootCapabilities.join(' ')}`,
    'AmbientCapabilities=',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    // Package scripts that look for other systems do it behind a mount namespace.
    'RestrictNamespaces=mnt',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
    'KeyringMode=private',
    // What a package's scripts write is for everybody to read.
    'UMask=0022',
    'SystemCallArchitectures=native',
    'SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot',
    'SystemCallErrorNumber=EPERM',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  ]
}

const rootCapabilities = [
  // Files of every owner, as dpkg, backups and useradd handle them.
  ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_SETFCAP'],
  // Programs that run as another user: apt's downloads, pg_dump, an app's own tools.
  ...[
    'CAP_SETUID',
    'CAP_SETGID',
    'CAP_SETPCAP',
    'CAP_SYS_CHROOT',
    'CAP_AUDIT_WRITE',
    'CAP_SYS_RESOURCE',
    'CAP_SYS_NICE',
  ],
  // Ends what an order started, and finds out who holds a port.
  ...['CAP_KILL', 'CAP_SYS_PTRACE'],
  // The firewall's rules, and `nginx -t`, which opens the ports it is asked about.
  ...['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_NET_BIND_SERVICE'],
  // swapon, and the AppArmor profiles that packages bring along.
  ...['CAP_SYS_ADMIN', 'CAP_MAC_ADMIN'],
]
