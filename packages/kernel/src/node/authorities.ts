import { Agent } from 'node:https'
import { connect, createSecureContext, getCACertificates } from 'node:tls'
import { type HttpFetch, httpFetch } from './http-fetch.ts'

const agents = new Map<string, Agent>()

/** Asks as `httpFetch` does, and believes these authorities (PEM) besides those that it believes anyway. */
export function fetchBelieving(authorities: string | null): HttpFetch {
  if (authorities === null) return httpFetch
  return (url, question) => httpFetch(url, question, agentFor(authorities))
}

function agentFor(authorities: string): Agent {
  const known = agents.get(authorities)
  if (known) return known
  // Made once: each connection would read all authorities again.
  const secureContext = createSecureContext({ ca: [...getCACertificates('default'), authorities] })
  const agent = new Agent({ keepAlive: true, secureContext })
  agents.set(authorities, agent)
  return agent
}

/** Whether TLS is spoken there, whoever it is: nothing is sent after the greeting. */
export function speaksTls(url: string, withinMs: number): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || 80, rejectUnauthorized: false })
    const end = (speaks: boolean) => {
      clearTimeout(late)
      socket.destroy()
      resolve(speaks)
    }
    const late = setTimeout(() => end(false), withinMs)
    socket
      .once('secureConnect', () => end(true))
      .on('error', () => end(false))
      .once('close', () => end(false))
  })
}
