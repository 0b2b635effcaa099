import { expect, test } from 'vitest'
import { boxKeyFromPem, boxKeyId, newBoxKey, openBox, sealTo } from './sealed-box.ts'

const label = { info: 'test', aad: '["order-1",1]' }
const text = new TextEncoder().encode('hunter2-hunter2')

test('what was sealed to a key is opened by it, for the same label', async () => {
  const key = newBoxKey()
  const box = await sealTo(key.publicKey, text, label)
  expect(box.keyId).toBe(boxKeyId(key.publicKey))
  expect(new TextDecoder().decode(await openBox(key.toPem(), box, label))).toBe('hunter2-hunter2')
  expect(boxKeyFromPem(key.toPem()).publicKey).toBe(key.publicKey)
})

test('another key, another label or a changed byte opens nothing', async () => {
  const key = newBoxKey()
  const box = await sealTo(key.publicKey, text, label)
  const changed = Buffer.from(box.ciphertext, 'base64url')
  changed[0] = (changed[0] ?? 0) ^ 1
  await expect(openBox(newBoxKey().toPem(), box, label)).rejects.toThrow()
  await expect(openBox(key.toPem(), box, { ...label, aad: '["order-2",1]' })).rejects.toThrow()
  await expect(openBox(key.toPem(), box, { ...label, info: 'other' })).rejects.toThrow()
  await expect(openBox(key.toPem(), { ...box, ciphertext: changed.toString('base64url') }, label)).rejects.toThrow()
})

test('the same value looks different each time', async () => {
  const { publicKey } = newBoxKey()
  const [one, other] = await Promise.all([sealTo(publicKey, text, label), sealTo(publicKey, text, label)])
  expect(one.ciphertext).not.toBe(other.ciphertext)
})

test('what is no key is refused', async () => {
  await expect(sealTo('AAAA', text, label)).rejects.toThrow()
  // A point of low order: whoever knows it would know the shared secret.
  await expect(sealTo(Buffer.alloc(32).toString('base64url'), text, label)).rejects.toThrow()
  expect(() => boxKeyFromPem('nothing')).toThrow()
})
