/** Where an installed runner has everything. `home` is that of the first source document; what is in it has its own owner. */
export const user = 'ikoma'
export const home = '/var/lib/ikoma'
export const stateDir = `${home}/runner`
export const executorStateDir = `${home}/executor`
export const settingsDir = '/etc/ikoma'
export const runnerEnvironment = `${settingsDir}/runner.env`
export const policyFile = `${settingsDir}/policy.json`
export const executorConfig = `${settingsDir}/executor.json`
/** Root alone reads it: what secrets of orders that need root are encrypted to. */
export const executorSealKey = `${settingsDir}/executor-seal-key.pem`
export const socketDir = '/run/ikoma'
export const socketPath = `${socketDir}/executor.sock`

export const runnerUnit = 'ikoma-runner.service'
export const executorSocket = 'ikoma-executor.socket'
export const executorTemplate = 'ikoma-executor@.service'

/** Of files that root writes and everybody may read. */
export const byRoot = { owner: 'root', group: 'root', mode: 0o644 }
