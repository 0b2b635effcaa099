import { hashToken } from '@ikoma/kernel/node'
import { expect, test } from 'vitest'
import { setup } from '../testing/setup.ts'
import { identityHolder } from './identity-holder.ts'

test('a new token is on disk before it is told, and used once it was', async () => {
  const { stateDir } = await setup()
  const holder = await identityHolder({ stateDir })
  const before = holder.current().token
  let told = ''
  await holder.renew(async (tokenHash) => {
    told = tokenHash
    const kept = (await identityHolder({ stateDir })).current()
    expect([kept.token, hashToken(kept.nextToken ?? '')]).toEqual([before, tokenHash])
    expect(holder.current().token).toBe(before)
  })
  const { token, nextToken } = (await identityHolder({ stateDir })).current()
  expect([hashToken(token), nextToken, holder.current().token]).toEqual([told, undefined, token])
})

test('one whose answer was lost is told again, and taken when the former is refused', async () => {
  const { stateDir } = await setup()
  const told: string[] = []
  const lost = async (tokenHash: string) => {
    told.push(tokenHash)
    throw new Error('no answer')
  }
  const first = await identityHolder({ stateDir })
  await expect(first.renew(lost)).rejects.toThrow('no answer')
  const second = await identityHolder({ stateDir })
  await expect(second.renew(lost)).rejects.toThrow('no answer')
  expect(told[1]).toBe(told[0])
  expect(await second.reload()).toBe(true)
  expect(hashToken(second.current().token)).toBe(told[0])
  expect(await second.reload()).toBe(false)
})
