import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hideInValue, hideSecrets } from './hide-secrets.ts'

const secret = 'hunter2Xq'

describe('what looks like a secret is hidden', () => {
  it.each([
    `deploy --token ${secret} --verbose`,
    `deploy --token=${secret}`,
    `login --password '${secret} y'`,
    `login --password="${secret} y"`,
    `['deploy', '--token', '${secret}']`,
    `["deploy","--token","${secret}"]`,
    `GET https://x.test/blob?sv=1&sig=${secret}&se=2`,
    `GET https://x.test/?token=${secret}`,
    `GET https://x.test/maps?key=${secret}`,
    `https%3A%2F%2Fx.test%2F%3Ftoken%3D${secret}%26a%3D1`,
    `pass: ${secret}`,
    `  pass: "${secret}"`,
    `pin: ${secret}`,
    `db:\n  login: ${secret}`,
    `Set-Cookie: sid=${secret}; Path=/; HttpOnly`,
    `< set-cookie: sid=${secret}`,
    `Cookie: a=1; b=${secret}`,
    `curl -H 'Cookie: a=1; b=${secret}' https://x.test`,
    `curl -u admin:${secret} https://x.test`,
    `curl --user admin:${secret} https://x.test`,
    `curl -H 'Authorization: Token ${secret}' https://x.test`,
    `curl -H "X-Api-Key: ${secret}" https://x.test`,
    `Authorization: Basic ${Buffer.from(`a:${secret}`).toString('base64')}`,
    `Proxy-Authorization: Digest username="a", response="${secret}"`,
    `x-auth-token: ${secret}`,
    `SMTP_LOGIN=${secret}`,
    `COOKIE=${secret}`,
    `AUTH=${secret}`,
    `export PIN=${secret}`,
    `DB_PASSWORD=a;b&${secret}`,
    `DB_PASSWORD="a b ${secret}"`,
    `PGPASSWORD=${secret} psql -h db`,
    `password = "${secret}"`,
    `secret_key_base: ${secret}`,
    `{"password":"${secret}"}`,
    JSON.stringify({ a: JSON.stringify({ password: secret }) }),
    JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ apiKey: secret }) }) }),
    JSON.stringify({ env: [{ name: 'DB_PASSWORD', value: secret }] }),
    `{ password: '${secret}', a: 1 }`,
    `Map(1) { 'token' => '${secret}' }`,
    `[ 'authorization', '${secret}' ]`,
    `<password>${secret}</password>`,
    `postgres://u:${secret}@db/app`,
    `postgres://u:p@${secret}@db/app`,
    `redis://:${secret}@db`,
    `amqp://u:a/${secret}@db/app`,
    `Server=db;User Id=sa;Password=${secret};Encrypt=true`,
    `Endpoint=sb://x;SharedAccessKey=${secret};`,
    `redis-cli -h db -a ${secret} ping`,
    `mysql -uroot -p${secret} app`,
    `mysqldump -u root -p'${secret}' app`,
    `mariadb -u root -p${secret} app`,
    `mongosh --host db -u root -p${secret}`,
    `mongodump --username root -p ${secret}`,
    `7z a -p${secret} all.7z`,
    `plink -pw ${secret} host`,
    `sqlcmd -S db -U sa -P ${secret}`,
    `ldapsearch -x -D cn=a -w ${secret}`,
    `sshpass -p ${secret} ssh host`,
    `docker login -u me -p ${secret}`,
    `CREATE USER 'a' IDENTIFIED BY '${secret}'`,
    `ALTER ROLE a PASSWORD '${secret}'`,
    `requirepass ${secret}`,
    `machine x login me password ${secret}`,
    `lease=0198c000-0000-7000-8000-000000000001`,
    `key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${secret}`,
    `using AKIAIOSFODNN7EXAMPLE`,
    `remote: ghp_${secret.repeat(4)}`,
    `a-----BEGIN OPENSSH PRIVATE KEY-----\n${secret}\n-----END OPENSSH PRIVATE KEY-----b`,
  ])('%s', (line) => {
    const shown = hideSecrets(line)
    for (const part of [secret, '-000000000001', 'IOSFODNN', Buffer.from(secret).toString('base64').slice(0, 8)])
      expect(shown).not.toContain(part)
    expect(shown).toContain('[REDACTED]')
    // Of what it is about something stays to be read.
    expect(shown.split('[REDACTED]').length).toBeLessThan(5)
  })

  it('and what follows it is left as it is, to the end of the line', () => {
    expect(hideSecrets(`Cookie: a=${secret}\r\nHost: x\r\n`)).toBe('Cookie: [REDACTED]\r\nHost: x\r\n')
    expect(hideSecrets(`redis-cli -a ${secret} ping`)).toBe('redis-cli -a [REDACTED] ping')
    expect(hideSecrets(`sshpass -p ${secret} ssh host`)).toBe('sshpass -p [REDACTED] ssh host')
  })

  it.each([
    'author: Jane Doe',
    'authors=3 authority: example.test',
    'passed: 3, failed: 0',
    'pass: 12',
    'pin-node: v24.1.0',
    'npm notice pinned node@24',
    'GET /auth/login 200 12ms',
    'POST /api/token 401 in 3 ms',
    'tokenizer loaded: 32000 tokens',
    'max_tokens=4096 total_tokens: 512',
    'monkey=banana keyboard: us',
    'key: value',
    'cache key=user:1 hit',
    'primary_key=id publicKey: none idempotency-key: 7',
    'Last login: Mon Nov 30 01:43:07 2026 from 10.0.0.1',
    'pam_unix(cron:session): session opened for user root',
    'SyntaxError: Unexpected token: }',
    'SyntaxError: Unexpected token } in JSON at position 12',
    'invalid password: must be at least 8 characters',
    'password: required',
    'authorization: denied by policy',
    'Accepted publickey for deploy from 10.0.0.1 port 22 ssh2: ED25519 SHA256:abc',
    'Failed password for root from 10.0.0.1',
    'basic authentication is off',
    'http://example.test:8080/a?b=c 12:30',
    'mail to a@b.test about http://x.test:80/a',
    'docker run -u 1000:1000 image',
    'time=2026-11-30T01:43:07Z level=info msg="order placed" id=7',
    'secretary: Jane',
    'compass: north, bypass=true',
    'npm warn deprecated inflight@1.0.6',
    'TOKEN_TTL=3600 PASSWORD_FILE=/run/secrets/db AUTH_MODE=basic',
    'token: expired',
    '{"token":null,"auth":false,"keys":["a"]}',
    'signal: SIGTERM design: new assigned=2',
    'mysql -u root -h db app',
    'Set up ssl with --key /etc/ssl/key.pem',
    'key is /etc/ssl/private/x.key; certificate is valid',
    '2026-11-30 LOG:  database system is ready to accept connections',
    'Nov 30 01:43:07 web sshd[12]: Server listening on :: port 22.',
    '[nodemon] starting `node src/index.js`',
    'session: 12 users: 3',
    'hooks: passing 12 of 13 tests; coverage: 91.3%',
    // A head of the audit is of use only where it is kept whole.
    `"auditHead":"iko_head.2.${Buffer.from('{"keyId":"a","seq":3}').toString('base64url')}.${'a'.repeat(86)}"`,
  ])('and an ordinary line is left as it is: %s', (line) => {
    expect(hideSecrets(line)).toBe(line)
  })

  it('in every field of a value, by its name too', () => {
    const value = {
      user: 'ann',
      password: secret,
      list: [{ name: 'API_TOKEN', value: secret }],
      note: `pass: ${secret}`,
    }
    const shown = JSON.stringify(hideInValue({ ...value, [`pass=${secret}`]: 1, pin: '1234', token: null }))
    expect(shown).not.toContain(secret)
    expect(shown).not.toContain('1234')
    expect(shown).toContain('ann')
  })

  it('whatever stands around it (property)', () => {
    const word = fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).map((text) => text.replace(/["'\\`]/g, ' '))
    const forms = [
      `--token ${secret}`,
      `"password":"${secret}"`,
      `PGPASSWORD=${secret}`,
      `://u:${secret}@h`,
      `&sig=${secret}`,
    ]
    const property = fc.property(word, fc.constantFrom(...forms), word, (before, form, after) => {
      expect(hideSecrets(`${before} ${form} ${after}`)).not.toContain(secret)
    })
    fc.assert(property, { numRuns: 500 })
  })
})

describe('time', () => {
  const hostile = [
    'password=',
    'key:',
    'cookie: none ',
    'token="',
    "pass='a\\",
    '\\',
    '"',
    '=',
    ':',
    'a',
    '-',
    '--token ',
    '--token "',
    '://',
    '://a:',
    'eyJ',
    'eyJ-',
    '-----BEGIN PRIVATE KEY-----',
    'redis-cli ',
    'mysql ',
    'bearer ',
    'Basic ',
    '<password>',
    '{"name":"A_TOKEN","value":"',
    'login a password ',
    ' ',
    '\n',
    'A_KEY=',
    '%3D',
    "x' password 'y",
  ]

  it.each(hostile)('grows no faster than the text: %j', (piece) => {
    const took = (size: number) => {
      const text = piece.repeat(Math.ceil(size / piece.length)).slice(0, size)
      // Of this process alone: what else the machine does is not counted.
      const begun = process.cpuUsage()
      hideSecrets(text)
      const { user, system } = process.cpuUsage(begun)
      return user + system
    }
    took(20_000)
    const small = Math.max(2_000, took(20_000))
    // Sixteen times the text; what grows with its square would take 256 times as long.
    expect(Math.min(took(320_000), took(320_000))).toBeLessThan(small * 90)
  })
})

it.each([
  ['use sk-ABCD0123456789mnopqr now', 'use [REDACTED] now'],
  ['<apiKey>s3cr3t-Valu3</apiKey>', '<apiKey>[REDACTED]</apiKey>'],
  ['app --password abc,def;123&x next', 'app --password [REDACTED] next'],
])('of %j is seen what is no secret', (text, shown) => {
  expect(hideSecrets(text)).toBe(shown)
})
