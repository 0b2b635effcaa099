/**
 * What an application behind a proxy can do without. Left out on purpose: MemoryDenyWriteExecute (V8 writes the code it
 * runs) and ProcSubset=pid (health checks read /proc/meminfo).
 */
export function hardening(readWritePaths: readonly string[]): string[] {
  return [
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
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
