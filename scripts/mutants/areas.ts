/** A part of the product whose tests must notice small bugs. Globs from the root; tests are filters of vitest. */
export interface Area {
  name: string
  sources: string[]
  tests: string[]
  /** How many bugs are planted. */
  bugs: number
}

export const areas: Area[] = [
  {
    name: 'domain',
    sources: ['packages/domain/src/{order-*,place-order,scope,target,runner,access}.ts'],
    tests: [
      'packages/domain/src/order-',
      'packages/domain/src/place-order',
      'packages/domain/src/scope',
      'packages/domain/src/target',
      'packages/domain/src/runner',
    ],
    bugs: 30,
  },
  {
    name: 'access',
    sources: [
      'packages/control-plane/src/{access,proofs,nonces,seen-proofs,instances}.ts',
      'packages/kernel/src/http/{app,failure-throttle,problem,event-stream,ndjson}.ts',
    ],
    tests: [
      'packages/control-plane/src/access.test',
      'packages/control-plane/src/locked-out.test',
      'packages/control-plane/src/long-answers.slow',
      'packages/control-plane/src/recheck-runner',
      'packages/control-plane/src/proofs.test',
      'packages/control-plane/src/seen-proofs',
      'packages/control-plane/src/instances.test',
      'packages/kernel/src/http',
    ],
    bugs: 24,
  },
  {
    name: 'seals',
    sources: [
      'packages/domain/src/seal.ts',
      'packages/store/src/{row-seals,reseal}.ts',
      'packages/control-plane/src/{keyring,versions}.ts',
      'packages/control-plane/src/orders/{seal,four-eyes}.ts',
      'packages/control-plane/src/secrets/{deliver,secret-desk,secret-keys}.ts',
    ],
    tests: [
      'packages/domain/src/seal.test',
      'packages/control-plane/src/edited-database',
      'packages/control-plane/src/every-column',
      'packages/store/src/reseal',
      'packages/control-plane/src/orders/seal.test',
      'packages/control-plane/src/orders/four-eyes',
      'packages/control-plane/src/secrets',
    ],
    bugs: 24,
  },
  {
    name: 'audit',
    sources: ['packages/domain/src/audit-chain.ts', 'packages/control-plane/src/audit/*.ts'],
    tests: ['packages/domain/src/audit-chain', 'packages/control-plane/src/audit'],
    bugs: 24,
  },
  {
    name: 'grants',
    sources: [
      'packages/api/src/grant.ts',
      'packages/runner/src/order/{grant,admit,dispatch,policy,open-secrets,grant-memory}.ts',
      'packages/control-plane/src/orders/claim.ts',
    ],
    tests: [
      'packages/api/src/grant.test',
      'packages/runner/src/order/grant.test',
      'packages/runner/src/order/admit.test',
      'packages/runner/src/order/policy.test',
      'packages/runner/src/order/run-order.test',
      'packages/runner/src/order/open-secrets',
      'packages/runner/src/executor/executor',
      'packages/runner/src/executor/grant-life',
      'packages/control-plane/src/routes/runner-protocol',
      'packages/control-plane/src/long-answers.slow',
      'packages/control-plane/src/secrets/secrets.test',
    ],
    bugs: 24,
  },
  {
    name: 'journal',
    sources: [
      'packages/runner/src/protocol/{journal,journal-entry,executed-orders,report-outbox}.ts',
      'packages/runner/src/order/fit-report.ts',
    ],
    tests: [
      'packages/runner/src/protocol/journal.test',
      'packages/runner/src/protocol/report-outbox.test',
      'packages/runner/src/order/fit-report.test',
    ],
    bugs: 24,
  },
  {
    name: 'redaction',
    sources: [
      'packages/kernel/src/{hide-secrets,secret-spans,secret-name}.ts',
      'packages/runner/src/output/{redact,secret-forms}.ts',
    ],
    tests: [
      'packages/kernel/src/hide-secrets',
      'packages/kernel/src/secret-name',
      'packages/runner/src/output/redact',
      'packages/runner/src/output/log-stream',
    ],
    bugs: 30,
  },
  {
    name: 'prune',
    sources: [
      'packages/backup/src/{prune,abandoned}.ts',
      'packages/control-plane/src/watch/retention.ts',
      'packages/control-plane/src/orders/order-archive.ts',
    ],
    tests: [
      'packages/backup/src/prune.test',
      'packages/backup/src/abandoned.test',
      'packages/control-plane/src/watch/retention',
      'packages/control-plane/src/orders/order-archive',
    ],
    bugs: 30,
  },
  {
    name: 'proof',
    sources: ['packages/backup/src/{take-backup,verify-backup}.ts', 'packages/backup/src/program/content.ts'],
    tests: [
      'packages/backup/src/program/content.test',
      'packages/backup/src/shelf/shelved-backup.test',
      'packages/backup/src/take-backup.test',
      'packages/backup/src/verify-backup.test',
    ],
    bugs: 24,
  },
  {
    name: 'firewall',
    sources: ['packages/machine/src/ufw/*.ts'],
    tests: [
      'packages/machine/src/ufw/open-ports',
      'packages/machine/src/golden',
      'packages/runner/src/actions/firewall.test',
    ],
    bugs: 30,
  },
  {
    name: 'encoders',
    sources: [
      'packages/machine/src/values/*.ts',
      'packages/machine/src/{systemd/unit-file,systemd/timer-file,caddy/caddyfile,nginx/site-file}.ts',
      'packages/machine/src/{caddy,nginx,systemd}/words.ts',
      'packages/machine/src/compose/{handed-over,judge/*}.ts',
    ],
    tests: [
      'packages/machine/src/values/values',
      'packages/machine/src/systemd/unit-file',
      'packages/machine/src/caddy/route',
      'packages/machine/src/nginx/site',
      'packages/machine/src/compose/compose-file.test',
      'packages/machine/src/compose/handed-over.test',
      'packages/machine/src/compose/judge',
      'packages/machine/src/hostile',
      'packages/machine/src/golden',
    ],
    bugs: 30,
  },
  {
    name: 'executor',
    sources: ['packages/runner/src/executor/*.ts'],
    tests: ['packages/runner/src/executor'],
    bugs: 24,
  },
]
