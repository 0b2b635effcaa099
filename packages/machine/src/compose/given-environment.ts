import { AppError } from '@ikoma/kernel'
import { isRecord } from './judge/inspection.ts'

type Mapping = Record<string, unknown>
/** Variables by the name of the service whose containers get them. */
export type GivenEnvironment = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A service whose containers have these variables too, over those of the file; in both spellings, `a: b` and `- a=b`. */
export function withGivenEnvironment(service: Mapping, given: Readonly<Record<string, string>> | undefined): Mapping {
  if (given === undefined || Object.keys(given).length === 0) return service
  const { environment } = service
  if (!Array.isArray(environment))
    return { ...service, environment: { ...(isRecord(environment) ? environment : {}), ...given } }
  const kept = environment.filter((each) => !Object.hasOwn(given, String(each).split('=')[0] ?? ''))
  return { ...service, environment: [...kept, ...Object.entries(given).map(([name, value]) => `${name}=${value}`)] }
}

/** As compose reads it: a dollar sign would begin a variable of its own. */
export function escapedForCompose(given: Readonly<Record<string, string>> | undefined) {
  if (given === undefined) return undefined
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]))
}

/** Refuses variables for a service that the file does not have: they would reach nobody. */
export function refuseUnknownServices(given: GivenEnvironment, services: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !services.includes(name))
  if (unknown === undefined) return
  const message = `environment/${unknown}: the compose file has no such service. It has ${services.join(', ') || 'none'}.`
  throw new AppError('unprocessable', message, { reason: 'no_such_service' })
}
