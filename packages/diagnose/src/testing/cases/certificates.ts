import { expect } from 'vitest'
import { healthy, said } from '../healthy.ts'
import type { RuleCase } from '../rule-case.ts'

const listeners = healthy().listeners ?? []
const caddy = (...texts: string[]) => said('caddy.service', ...texts)
const tls = (problem: string, more = {}) => ({
  tls: { problem, message: problem, issuer: 'R11', daysLeft: 62, ...more },
})

/** A failed challenge as Caddy logs it, once it is read. */
const challenge = (type: string, detail: string) =>
  `error http.acme_client challenge failed automate.ikomadigit.com urn:ietf:params:acme:error:${type} ${detail}`

export const certificateCases: RuleCase[] = [
  {
    rule: 'certificate_expired',
    when: 'the certificate has expired',
    evidence: tls('certificate_expired', { daysLeft: -3 }),
    nearMiss: tls('certificate_expires_soon', { daysLeft: 5 }),
    expect: { mend: { order: null, advice: { en: expect.stringContaining('See in its log') } } },
  },
  {
    rule: 'certificate_expired',
    when: 'the certificate of certbot has expired, behind nginx',
    evidence: {
      ...tls('certificate_expired', { daysLeft: -3 }),
      listeners: listeners.map((each) => (each.port === 443 ? { ...each, unit: 'nginx.service' } : each)),
    },
    nearMiss: tls('timeout'),
    expect: { mend: { order: { type: 'tls.certificate.renew', payload: {} } } },
  },
  {
    rule: 'certificate_expires_soon',
    when: 'it ends within 21 days',
    evidence: tls('certificate_expires_soon', { daysLeft: 5 }),
    nearMiss: tls('certificate_expired', { daysLeft: -3 }),
    expect: { cause: { en: expect.stringContaining('ends in 5 days') } },
  },
  {
    rule: 'certificate_wrong_name',
    when: 'the proxy knows other names',
    evidence: tls('name_mismatch'),
    nearMiss: tls('timeout'),
  },
  {
    rule: 'certificate_untrusted',
    when: 'the certificate is of the staging authority',
    evidence: tls('untrusted_certificate', { issuer: '(STAGING) Ersatz Endive R12' }),
    nearMiss: tls('name_mismatch'),
    expect: { cause: { en: expect.stringContaining('(STAGING) Ersatz Endive R12') } },
  },
  {
    rule: 'tls_not_ready',
    when: 'Caddy has none yet: the handshake ends with an alert',
    evidence: tls('tls_failed'),
    nearMiss: tls('connection_refused'),
    expect: { mend: { order: null, advice: { en: expect.stringContaining('platform.caddy.route.apply') } } },
  },
  {
    rule: 'acme_unreachable',
    when: 'the firewall of the provider is closed',
    evidence: {
      ...tls('tls_failed'),
      ...caddy(challenge('connection', '203.0.113.7: Timeout during connect (likely firewall problem)')),
    },
    // The certificate came in the end.
    nearMiss: caddy(challenge('connection', '203.0.113.7: Timeout during connect (likely firewall problem)')),
  },
  {
    rule: 'acme_dns',
    when: 'the name does not exist for the authority',
    evidence: {
      ...tls('tls_failed'),
      ...caddy(challenge('dns', 'DNS problem: NXDOMAIN looking up A for automate.ikomadigit.com')),
    },
    nearMiss: { ...tls('tls_failed'), ...caddy('info http using DNS resolver 127.0.0.53') },
  },
  {
    rule: 'acme_unauthorized',
    when: 'another server answers the challenge',
    evidence: {
      ...tls('untrusted_certificate'),
      ...said(
        'certbot',
        'Detail: 198.51.100.9: Invalid response from http://preprod.blingauto.com/.well-known/acme-challenge/abc: 404',
      ),
    },
    nearMiss: { ...tls('untrusted_certificate'), ...said('certbot', 'Simulating renewal of an existing certificate') },
  },
  {
    rule: 'acme_rate_limited',
    when: 'too many were asked for',
    evidence: {
      ...tls('tls_failed'),
      ...caddy(
        'error tls.obtain could not get certificate from issuer automate.ikomadigit.com HTTP 429 urn:ietf:params:acme:error:rateLimited - too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s',
      ),
    },
    nearMiss: { ...tls('tls_failed'), ...caddy('info http.log.access 429 too many requests') },
  },
  {
    rule: 'acme_failed',
    when: 'certbot fails for a reason of its own',
    evidence: { ...tls('certificate_expired'), ...said('certbot', 'Some challenges have failed.') },
    nearMiss: { ...tls('certificate_expired'), ...said('certbot', 'Congratulations, all renewals succeeded') },
  },
]
