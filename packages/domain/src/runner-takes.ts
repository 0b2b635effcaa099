import { AppError } from '@ikoma/kernel'
import type { Runner } from './runner.ts'
import { anyScopeAllows } from './scope.ts'

/** What of an order decides whether a runner would refuse it before it looks at the payload. */
interface Asked {
  type: string
  requiredScope: string | null
  timeoutSec: number
}

type Asking = Pick<Runner, 'id' | 'name' | 'scopes' | 'capabilities'>

/**
 * Refuses an order that the runner would refuse: by the scopes it was given, and by what it told of itself, which is its
 * server's policy and the types that its version knows. Of one that told nothing, as an older one does, nothing is held against it.
 */
export function refuseUntaken({ type, requiredScope, timeoutSec }: Asked, runner: Asking): void {
  if (requiredScope !== null && !anyScopeAllows(runner.scopes, requiredScope))
    throw scopeDenied(type, requiredScope, runner)
  const { orderTypes, policy } = runner.capabilities
  const types = isTexts(orderTypes) ? orderTypes : null
  const told = policyTold(policy)
  if (told !== null && requiredScope !== null && !anyScopeAllows(told.scopes, requiredScope)) {
    // Not what it told as a line to paste: a runner could have a person allow on its server what nobody asked for.
    throw byPolicy(runner, `does not allow ${type}`, told, `"${requiredScope}" in "scopes"`)
  }
  if (types !== null && !types.includes(type)) throw told === null ? notTaken(type, runner) : tooOld(type, runner)
  if (told?.maxTimeoutSec !== undefined && timeoutSec > told.maxTimeoutSec) {
    const limit = `allows an order at most ${told.maxTimeoutSec} s, not ${timeoutSec} s`
    throw byPolicy(runner, limit, told, `"maxTimeoutSec": ${timeoutSec}`)
  }
}

interface Told {
  scopes: string[]
  maxTimeoutSec: number | undefined
  file: string
}

/** It comes over the network, so it may be anything. */
function policyTold(policy: unknown): Told | null {
  if (typeof policy !== 'object' || policy === null) return null
  const { scopes, maxTimeoutSec, file } = policy as Record<string, unknown>
  if (!isTexts(scopes)) return null
  return {
    scopes,
    maxTimeoutSec: typeof maxTimeoutSec === 'number' ? maxTimeoutSec : undefined,
    file: typeof file === 'string' && path.test(file) ? file : 'its policy file',
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

const path = /^\/[\w./@-]{1,200}$/

function scopeDenied(type: string, scope: string, { id, name, scopes }: Asking): AppError {
  return new AppError(
    'unprocessable',
    `Runner "${name}" does not hold the scope "${scope}" that ${type} needs. Give it with \`ikoma runner edit ${id} --scope ${[...scopes, scope].join(',')}\` or choose another runner.`,
    { reason: 'scope_denied' },
  )
}

function byPolicy({ name }: Asking, what: string, { file }: Told, line: string): AppError {
  const message = `Runner "${name}" would refuse it: the policy of its server ${what}. To allow it, write there in ${file}: ${line} (heard of within seconds), or choose another runner.`
  return new AppError('unprocessable', message, { reason: 'refused_policy', details: { policyFile: file, line } })
}

function tooOld(type: string, { name }: Asking): AppError {
  const message = `Runner "${name}" is of a version that does not know ${type}. Update ikoma there, then: ikoma runner install`
  return new AppError('unprocessable', message, { reason: 'runner_too_old' })
}

/** A former version tells what it takes, and not why. */
function notTaken(type: string, { name }: Asking): AppError {
  const message = `Runner "${name}" says that it does not take ${type}: the policy of its server does not allow it, or its version does not know it. See there: ikoma policy show`
  return new AppError('unprocessable', message, { reason: 'refused_policy' })
}
