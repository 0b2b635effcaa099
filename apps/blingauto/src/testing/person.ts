import type { InjectOptions } from 'fastify'
import { type Call, setupApi } from './api.ts'
import { lastLetterTo, lettersTo } from './mails.ts'

export const password = 'Éponge-verte-42'

export interface Signed {
  access_token: string
  refresh_token: string
}

/** The app, and somebody who registered and verified through its routes. */
export async function setupPerson(email = 'ada@example.org') {
  const api = await setupApi()
  const post = (path: string, body: object, headers: object = {}) =>
    api.call('POST', `/api/v1/auth/${path}`, body, headers)
  const register = (address = email, chosen = password) =>
    post('register', { email: address, password: chosen, first_name: 'Ada', last_name: 'Byron' })
  await register()
  await post('verify-email', { token: (await lastLetterTo(api.database, email)).token })
  /** From one address, as a browser that keeps its cookies or has none. */
  const from = async (remoteAddress: string, body: object, cookie?: string) => {
    const request: InjectOptions = { method: 'POST', url: '/api/v1/auth/login', remoteAddress, payload: body }
    const answer = await api.app.inject(cookie === undefined ? request : { ...request, headers: { cookie } })
    return { status: answer.statusCode, body: answer.json(), cookie: String(answer.headers['set-cookie'] ?? '') }
  }
  const signIn = async (chosen = password, address = email): Promise<Signed> => {
    const { status, body } = await post('login', { email: address, password: chosen })
    if (status !== 200) throw new Error(`signing in answered ${status}: ${JSON.stringify(body)}`)
    return body
  }
  const bearing = ({ access_token: token }: Pick<Signed, 'access_token'>): { headers: object; call: Call } => {
    const headers = { authorization: `Bearer ${token}` }
    return { headers, call: (method, url, body, more = {}) => api.call(method, url, body, { ...headers, ...more }) }
  }
  const letters = (address = email) => lettersTo(api.database, address)
  return { ...api, email, post, register, from, signIn, bearing, letters }
}
