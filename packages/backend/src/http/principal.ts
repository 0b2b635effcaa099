import { AppError } from '@ikoma/kernel'
import type { FastifyRequest } from 'fastify'

/** Who is calling. An app that knows more of its callers augments it. */
export interface Principal {
  id: string
  role: string
}

const principals = new WeakMap<FastifyRequest, Principal>()

/** Who showed who it is with this request; null for a stranger, which only public routes see. */
export function principalOf(request: FastifyRequest): Principal | null {
  return principals.get(request) ?? null
}

/** The caller of a route whose policy lets no stranger in. */
export function callerOf(request: FastifyRequest): Principal {
  const principal = principalOf(request)
  if (!principal) throw new AppError('unauthorized', 'Sign in first.', { reason: 'unauthorized' })
  return principal
}

export function setPrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal)
}
