import type { Client } from '@ikoma/backend/identity'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** By its prefix a browser takes it from this host alone, over https, for every path. */
const cookieName = '__Host-device'
const yearSec = 365 * 86_400

/** Who calls. By its cookie a device that its owner signed in from is let in where strangers have guessed too often. */
export function clientOf({ ip, headers }: FastifyRequest): Client {
  const cookies = (headers.cookie ?? '').split(';').map((each) => each.trim())
  const found = cookies.find((each) => each.startsWith(`${cookieName}=`))
  return { address: ip, deviceToken: found?.slice(cookieName.length + 1) ?? null }
}

/** It says that a device is known, and signs nobody in. */
export function rememberDevice(reply: FastifyReply, deviceToken: string): void {
  reply.header('set-cookie', `${cookieName}=${deviceToken}; Path=/; Max-Age=${yearSec}; HttpOnly; Secure; SameSite=Lax`)
}
