import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { entropyBits, isWeak } from './weak.ts'

test.each([
  ...[
    'changeme',
    'CHANGE_ME',
    'ChangeMe123!',
    'password',
    'P@ssw0rd',
    'Passw0rd2024!',
    'secret',
    'admin',
    '***',
    '<...>',
  ],
  ...['VotreMotDePasseSecurise2024!', 'VotreRedisPasswordSecurise2024!', 'AdminSecurePass2024!', 'VRAI_JWT_SECRET'],
  ...[
    'VRAI_PASSWORD',
    '<généré-avec-python-secrets>',
    'your-256-bit-secret',
    'YOUR_API_KEY_HERE',
    'xxxxxxxx',
    '........',
  ],
  ...[
    'supersecretkey',
    'my-super-secret-jwt-key',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell would have filled in.
    '${SECRET}',
    '{{ secret }}',
    '[secret]',
    'todo',
    'azerty123',
    'example',
  ],
  ...[
    'mot de passe',
    'S3cr3t!',
    'replace-with-64-random-characters',
    'à_changer',
    'postgres',
    'letmein1',
    'dev-secret',
  ],
])('%s is weak', (value) => {
  expect(isWeak(value)).toBe(true)
})

test('a variable is not its own secret', () => {
  expect(isWeak('kbz-hook-signer', 'KBZ_HOOK_SIGNER')).toBe(true)
  expect(isWeak('kbz-hook-signer')).toBe(false)
})

test('what a machine has drawn is not weak, however it is written', () => {
  for (let n = 0; n < 2_000; n += 1) {
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      const value = randomBytes(16).toString(form)
      expect([value, isWeak(value), entropyBits(value) < 30]).toEqual([value, false, false])
    }
  }
})

test.each(['aaaaaaaaaaaaaaaaaaaa', 'abcabcabcabcabcabcabc', '12345678901234567890', 'abcdefghijklmnopqrstuvwxyz', ''])(
  '%s is soon guessed',
  (value) => {
    expect(entropyBits(value)).toBeLessThan(30)
  },
)
