import { withDatabase } from '../database.ts'
import { percentile } from '../figures.ts'
import type { Scenario } from '../scenario.ts'
import { measureBullMq } from './bullmq.ts'
import { measureGraphileBest, measureGraphileLatency, measureGraphilePlain } from './graphile.ts'
import { measurePgBossBest, measurePgBossPlain } from './pgboss.ts'
import { measurePgBossHttp } from './pgboss-http.ts'
import { startRedis } from './redis-server.ts'

/**
 * How large a backlog is measured, for each second: about what the peer drained a second on the 2 cores this was written
 * on. It sets only how long a figure takes.
 */
const backlogPerSecond = {
  graphilePlain: 2_000,
  graphileBest: 30_000,
  pgBossPlain: 1_000,
  pgBossBest: 20_000,
  bullMq: 5_000,
}

export const peers: Scenario[] = [
  {
    name: 'graphile',
    async measure(round, { postgresUrl, seconds, samples }) {
      const plain = await withDatabase(postgresUrl, `graphile_plain_${round}`, (url) =>
        measureGraphilePlain({ url, jobs: seconds * backlogPerSecond.graphilePlain }),
      )
      const best = await withDatabase(postgresUrl, `graphile_best_${round}`, (url) =>
        measureGraphileBest({ url, jobs: seconds * backlogPerSecond.graphileBest }),
      )
      const times = await withDatabase(postgresUrl, `graphile_latency_${round}`, (url) =>
        measureGraphileLatency({ url, samples }),
      )
      return {
        'peer.graphile.plain': plain,
        'peer.graphile.best': best,
        'peer.graphile.latency.p50': percentile(times, 50),
        'peer.graphile.latency.p99': percentile(times, 99),
      }
    },
  },
  {
    name: 'pgboss',
    async measure(round, { postgresUrl, seconds, adminKey }) {
      const plain = await withDatabase(postgresUrl, `pgboss_plain_${round}`, (url) =>
        measurePgBossPlain({ url, jobs: seconds * backlogPerSecond.pgBossPlain }),
      )
      const best = await withDatabase(postgresUrl, `pgboss_best_${round}`, (url) =>
        measurePgBossBest({ url, jobs: seconds * backlogPerSecond.pgBossBest }),
      )
      const http = await withDatabase(postgresUrl, `pgboss_http_${round}`, (url) =>
        measurePgBossHttp({ url, adminKey, seconds }),
      )
      return { 'peer.pgboss.plain': plain, 'peer.pgboss.best': best, 'peer.pgboss.http': http }
    },
  },
  {
    name: 'bullmq',
    async measure(_round, { folder, seconds }) {
      const figures: Record<string, number> = {}
      for (const { figure, concurrency } of bullMqFigures) {
        const redis = await startRedis(folder)
        if (redis === null) {
          process.stderr.write(
            `${figure} is skipped: there is no redis-server in PATH (Debian: apt-get install redis-server)\n`,
          )
          continue
        }
        try {
          const jobs = seconds * backlogPerSecond.bullMq * (concurrency === 10 ? 1 : 3)
          figures[figure] = await measureBullMq({ path: redis.path, jobs, concurrency })
        } finally {
          await redis.stop()
        }
      }
      return figures
    },
  },
]

const bullMqFigures = [
  { figure: 'peer.bullmq.aof', concurrency: 10 },
  { figure: 'peer.bullmq.aof100', concurrency: 100 },
]
