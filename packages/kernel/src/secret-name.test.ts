import { describe, expect, it } from 'vitest'
import { saysSecret } from './secret-name.ts'

describe('a name says that it holds a secret', () => {
  it.each(
    `password PASSWORD db_password dbPassword DB_PASS PGPASSWORD MYSQL_PWD DBPASS smtp.pass pass passwd passphrase
    token API_TOKEN authToken accesstoken csrf-token GITHUB_TOKEN_2 NPM_TOKEN REFRESH_TOKENS jwt
    secret CLIENT_SECRET secret_key_base SECRET_ID clientSecret secrets
    key STRIPE_KEY apiKey api-key APIKEY x-api-key privateKey ENCRYPTION_KEY APP_KEY ssh_key AWS_SECRET_ACCESS_KEY
    AUTH SMTP_AUTH REDIS_AUTH auth SMTP_LOGIN LOGIN login COOKIE cookie set-cookie cookies PIN CARD_PIN pin
    authorization Authorization Proxy-Authorization proxyAuthorization bearer credentials CREDENTIAL creds
    sig signature X-Amz-Signature otp TOTP DB_PASSWORD_OLD PASSWORD1 passwordHash tokenHash session_id PHPSESSID
    SENTRY_DSN lease mdp motDePasse jeton adminKey --db-password $DB_PASSWORD connect.sid`.split(/\s+/),
  )('%s', (name) => {
    expect(saysSecret(name)).toBe(true)
  })

  it.each(
    `author authors authority authorName authored authenticated tokenizer tokenize tokens max_tokens totalTokens
    prompt_tokens monkey keyboard keys-list passed passing passenger compass bypass passRate pass-through pin-node pinned
    pinning spin login_url loginShell lastLogin cookieDomain auth_mode authMethod authFile AUTH_URL TOKEN_TTL TOKEN_URL
    PASSWORD_FILE KEY_ID keyFile publicKey PUBLIC_KEY resourceKey dedupeKey idempotency-key cacheKey primary_key
    secretary hostKey authorized_keys name path HOME USER port mode summary payload message session signal
    SECRET_NAME secretName passwordPolicy design assign release leaseExpiresAt claimLeaseSec origin resign loginAttempts`.split(
      /\s+/,
    ),
  )('not %s', (name) => {
    expect(saysSecret(name)).toBe(false)
  })

  it('takes time in line with the length of the name', () => {
    expect(saysSecret('a_'.repeat(1_000_000))).toBe(false)
  })
})

it('a header is secret by its name alone when it is that of the authorization', () => {
  const names = ['authorization_header', 'token_header', 'authorization_url']
  expect(names.map(saysSecret)).toEqual([true, false, false])
})
