import type { OutputOf, PayloadOf } from '@ikoma/api'
import { readRedisInfo } from '@ikoma/machine/redis'
import type { ActionContext, ActionResult, FamilyActions } from '../order/action.ts'

export const redis = {
  'redis.info': showInfo,
} satisfies FamilyActions<'redis'>

async function showInfo(
  payload: PayloadOf<'redis.info'>,
  { machine, log }: ActionContext,
): Promise<ActionResult<OutputOf<'redis.info'>>> {
  const output = stateOf(await readRedisInfo(machine, payload))
  const { version, role, usedMemoryBytes, connectedClients, persistence } = output
  const memory = `${Math.round(usedMemoryBytes / 2 ** 20)} MiB`
  const summary = `Redis ${version} (${role}): ${memory}, ${connectedClients} clients, last save ${persistence.lastSave}.`
  log(summary)
  return { ok: true, summary, output }
}

function stateOf(fields: ReadonlyMap<string, string>): OutputOf<'redis.info'> {
  const text = (name: string) => fields.get(name) ?? ''
  const number = (name: string) => Number.parseInt(text(name), 10) || 0
  const keys = [...fields].flatMap(([name, value]) => {
    const [, count] = /^keys=(\d+)/.exec(value) ?? []
    return /^db\d+$/.test(name) && count ? [[name, Number(count)] as const] : []
  })
  return {
    version: text('redis_version'),
    role: text('role'),
    uptimeSec: number('uptime_in_seconds'),
    connectedClients: number('connected_clients'),
    usedMemoryBytes: number('used_memory'),
    maxMemoryBytes: number('maxmemory'),
    maxMemoryPolicy: text('maxmemory_policy'),
    evictedKeys: number('evicted_keys'),
    keys: Object.fromEntries(keys),
    persistence: {
      appendOnly: text('aof_enabled') === '1',
      lastSave: text('rdb_last_bgsave_status'),
      lastSaveAt: new Date(number('rdb_last_save_time') * 1000).toISOString(),
      changesSinceSave: number('rdb_changes_since_last_save'),
    },
  }
}
