import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readContractFile } from '@ikoma/backend/config'
import { checkEnvironment } from '@ikoma/kernel/contract'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const bodyOf = (text: string) => text.slice(text.indexOf('\nx-logging'))

test('the file with certbot is the other one, and certbot in a network of its own', () => {
  const [http, https] = [read('docker-compose.preprod.yml'), read('docker-compose.preprod-letsencrypt.yml')].map(bodyOf)
  const without = (https ?? '').replace(/\n {2}certbot:\n[\s\S]*?\n\n?(?=\nnetworks:)/, '').replace('  acme: {}\n', '')
  expect(without).toBe(http)
})

test('every variable of .env.preprod reaches the app, and what must be changed is refused by name as it stands there', () => {
  const lines = [...read('.env.preprod').matchAll(/^([A-Z_]+)=(.*)$/gm)]
  const values = Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value.replace(/^'(.*)'$/, '$1')]))
  const compose = read('docker-compose.preprod.yml')
  for (const name of Object.keys(values)) expect(compose).toContain(`    ${name}: \${${name}:-`)
  const contract = readContractFile(join(folder, 'env.contract.yaml'))
  const addresses = { POSTGRES_HOST: 'postgres', REDIS_HOST: 'redis' }
  const { problems } = checkEnvironment(contract, 'staging', { ...values, ...addresses })
  expect(problems.filter(({ code }) => code === 'example_value').map(({ variable }) => variable)).toEqual([
    ...['SECRET_KEY', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'INITIAL_ADMIN_EMAIL', 'INITIAL_ADMIN_PASSWORD'],
  ])
  const changed = {
    ...{ SECRET_KEY: 'kfB3vQ9zXw7Lr2Tn8Yp4Hs6Jd1Gc5Mu0EaZiRoVtWyCxKqPbNhFlSgDj7Qe2Rw9Ty4Ui' },
    ...{ POSTGRES_PASSWORD: 'Kx7!@#$/:%vQ9zW2mT4pR', REDIS_PASSWORD: 'Zr4!@#$/:%kP8wJc6yLdN1' },
    ...{ INITIAL_ADMIN_EMAIL: 'admin@preprod.blingauto.com', INITIAL_ADMIN_PASSWORD: 'Quartz7Lantern!Meadow' },
  }
  expect(checkEnvironment(contract, 'staging', { ...values, ...changed, ...addresses }).problems).toEqual([])
})

test.each([
  'AdminSecurePass2024!',
  'VotreMotDePasseSecurise2024!',
  'VotreRedisPasswordSecurise2024!',
  '<mot-de-passe>',
])('the example password %s of the document is refused wherever it is put', (password) => {
  const contract = readContractFile(join(folder, 'env.contract.yaml'))
  const names = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'INITIAL_ADMIN_PASSWORD']
  const { problems } = checkEnvironment(contract, 'staging', Object.fromEntries(names.map((name) => [name, password])))
  const guessed = problems.filter(({ code }) => code === 'example_value' || code === 'weak')
  expect(new Set(guessed.map(({ variable }) => variable))).toEqual(new Set(names))
})
