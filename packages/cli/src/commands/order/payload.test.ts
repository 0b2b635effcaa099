import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeCatalogue } from '@ikoma/api'
import { describe, expect, it } from 'vitest'
import { messagesIn } from '../../messages/index.ts'
import { createWorld } from '../../testing/world.ts'
import { readPayload } from './payload.ts'

function setup(stdin = '') {
  const { io, home } = createWorld({ stdin })
  const read = (type: string, options: { payload?: string; set?: string[] }) => {
    const schema = describeCatalogue().find((entry) => entry.type === type)?.payloadSchema ?? {}
    return readPayload(options, schema, { io, t: messagesIn('en'), language: 'en' })
  }
  return { read, home }
}

describe('a payload', () => {
  it('comes from JSON, a file or standard input', async () => {
    const { read, home } = setup('{"from": "stdin"}')
    writeFileSync(join(home, 'payload.json'), '{"from": "file"}')
    expect(await read('', { payload: '{"from": "argument"}' })).toEqual({ from: 'argument' })
    expect(await read('', { payload: '@payload.json' })).toEqual({ from: 'file' })
    expect(await read('', { payload: '-' })).toEqual({ from: 'stdin' })
    expect(await read('', {})).toEqual({})
  })

  it('takes --set over what was there, typed as its schema says', async () => {
    const { read } = setup()
    expect(await read('check.tls.run', { payload: '{"port": 1}', set: ['port=443', 'host=443'] })).toEqual({
      port: 443,
      host: '443',
    })
    expect(await read('shell.run', { set: ['argv=["ls","-l"]', 'env.N=1', 'env.DEEP=a=b'] })).toEqual({
      argv: ['ls', '-l'],
      env: { N: '1', DEEP: 'a=b' },
    })
    expect(await read('unknown.type', { set: ['n=1', 'word=one', 'on=true'] })).toEqual({ n: 1, word: 'one', on: true })
  })

  it.each(['no-equals', '=value', '__proto__=1', 'a.__proto__.b=1', 'a..b=1'])('refuses --set %s', async (pair) => {
    await expect(setup().read('', { set: [pair] })).rejects.toThrow('key=value')
  })

  it.each(['[1]', 'null', '"text"', '{broken', ''])('refuses %j, which is no object', async (payload) => {
    await expect(setup().read('', { payload })).rejects.toThrow('JSON object')
  })
})
