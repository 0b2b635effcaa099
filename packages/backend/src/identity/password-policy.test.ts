import { expect, test } from 'vitest'
import { passwordProblem, refuseWeakPassword } from './password-policy.ts'

const email = 'ada.lovelace+wash@example.fr'

test.each([
  ['Ab1-xyz', 'too_short'],
  ['éàüç12%', 'too_short'],
  [`${'aB1-'.repeat(32)}x`, 'too_long'],
  ['8410275936', 'all_digits'],
  ['٣٤٥٦٧٨٩٠', 'all_digits'],
  ['correcthorsebattery', 'all_letters'],
  ['ÉléphantVert', 'all_letters'],
  ['password1', 'too_common'],
  ['Password123!', 'too_common'],
  ['P@ssw0rd2024', 'too_common'],
  ['123azerty', 'too_common'],
  ['Motdepasse2026!', 'too_common'],
  ['1q2w3e4r', 'too_common'],
  ['passpass1', 'too_common'],
  ['a1a1a1a1a1', 'too_common'],
  ['Ada.Lovelace-9', 'has_email_name'],
  ['ada.lovelace12345678', 'has_email_name'],
  ['Ada.Lovelace!Vélo-rouge-42', null],
  ['Vélo-rouge-42', null],
  ['AdminSecurePass2024!', null],
  ['correct horse battery', null],
  [`${'aB1-'.repeat(32)}`, null],
])('%s: %s', (password, problem) => {
  expect(passwordProblem(password, { email })).toBe(problem)
})

test('a refusal names the field and never the password', () => {
  const refuse = () => refuseWeakPassword('Password123!', { email }, 'new_password')
  expect(refuse).toThrow(expect.objectContaining({ reason: 'password_too_common', code: 'unprocessable' }))
  expect(refuse).toThrow(expect.objectContaining({ fields: [expect.objectContaining({ field: 'new_password' })] }))
  expect(refuse).not.toThrow(/Password123/)
})

test('a password that only begins with the address’s name is one', () => {
  expect(passwordProblem('AdminSecurePass2024!', { email: 'admin@preprod.blingauto.com', minLength: 12 })).toBeNull()
  expect(passwordProblem('Admin-20241234!', { email: 'admin@preprod.blingauto.com' })).toBe('too_common')
})

test('an admin takes twelve characters', () => {
  expect(passwordProblem('Vélo-roug-4', { email, minLength: 12 })).toBe('too_short')
})
