import type { Host } from '../host.ts'
import { ecosystemPath } from './ecosystem-path.ts'
import { listPm2, type Pm2Account, type Pm2State, pm2, pm2Home } from './pm2.ts'

/**
 * PM2's own `cron_restart` kills a run that goes on when the next is due. So it restarts a clock beside the process instead,
 * which starts the process where it is stopped, and else says that it left a start out. A dot is in no name of an order's.
 */
export const clockOf = (name: string) => `${name}.clock`

export const isClock = ({ name, revision }: Pick<Pm2State, 'name' | 'revision'>) =>
  revision !== null && name.endsWith('.clock')

export const clockPath = (user: string) => `/etc/pm2/${user}.clock.cjs`

/** Of a run that is younger than that, in seconds, the start was due now: it is no run before. */
export const ownRunSec = 10

/** Starts that were left out because a run went on, as the clock counted them. */
export interface LeftOut {
  total: number
  /** Of these, the ones since the run began that goes on; 0 when none does. */
  ofThisRun: number
  lastAt: string | null
}

/** Null for a process that no clock starts. */
export async function leftOutOf(
  host: Host,
  account: Pm2Account,
  { name, startedAt }: Pm2State,
  all: readonly Pm2State[],
): Promise<LeftOut | null> {
  if (!all.some((each) => each.name === clockOf(name))) return null
  const { total, run, inRun, lastAt } = await countOf(host, account, name)
  const at = typeof lastAt === 'string' && Number.isFinite(Date.parse(lastAt)) ? new Date(lastAt).toISOString() : null
  return { total: countIn(total), ofThisRun: startedAt !== null && run === startedAt ? countIn(inRun) : 0, lastAt: at }
}

/** The account writes it, and could write anything. */
async function countOf(host: Host, account: Pm2Account, name: string): Promise<Record<string, unknown>> {
  try {
    const text = await host.readAs(`${pm2Home(account)}/${name}.left-out.json`, account.user)
    const count: unknown = JSON.parse(text ?? '{}')
    return typeof count === 'object' && count !== null ? { ...count } : {}
  } catch {
    return {}
  }
}

const countIn = (count: unknown) => (Number.isSafeInteger(count) && Number(count) > 0 ? Number(count) : 0)

/** The clock of a process, going again where an order stopped both; whether it has one by its order. */
export async function clockGoes(host: Host, account: Pm2Account, name: string): Promise<boolean> {
  const clock = clockOf(name)
  const ordered = ((await host.read(ecosystemPath(account.user))) ?? '').includes(`"name": "${clock}"`)
  if (!ordered) return false
  const goes = (await listPm2(host, account)).some((each) => each.name === clock)
  if (!goes) await pm2(host, account, ['start', ecosystemPath(account.user), '--only', clock])
  return true
}

/**
 * The clock's program, by the module that PM2 itself runs it with. PM2 refuses to start what is online, so that nothing is
 * started twice between the question and the start. What it says doubles: a run that hangs for days must not push its own
 * last words out of its log.
 */
export const clockProgram = String.raw`'use strict'
// Written by IKOMA. Starts a process of PM2 when it is due, and leaves alone a run that still goes on.
const { appendFileSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')

const [name, ownRunSec] = process.argv.slice(2)
const container = Object.keys(require.cache).find((path) => path.endsWith(join('pm2', 'lib', 'ProcessContainerFork.js')))
const pm2 = require(dirname(dirname(container)))
const now = Date.now()

const failed = (error) => {
  console.error(new Date(now).toISOString() + ' ' + (error.message || error))
  process.exit(1)
}

function leaveOut({ pm_uptime: since, pm_err_log_path: log }) {
  const path = join(process.env.PM2_HOME, name + '.left-out.json')
  const run = new Date(since).toISOString()
  let before = {}
  try {
    before = JSON.parse(readFileSync(path, 'utf8'))
  } catch {}
  const inRun = before.run === run ? before.inRun + 1 : 1
  const count = { run, inRun, total: (before.total || 0) + 1, lastAt: new Date(now).toISOString() }
  writeFileSync(path + '.new', JSON.stringify(count))
  renameSync(path + '.new', path)
  if ((inRun & (inRun - 1)) !== 0) return
  const still = 'its run since ' + run + ' still goes on (' + Math.round((now - since) / 1000) + ' s)'
  appendFileSync(log, count.lastAt + ' IKOMA: ' + name + ' is not started now: ' + still + '. Left out in this run: ' + inRun + '.\n')
}

function judge({ pm_id: id, pm2_env: about }, done) {
  if (now - about.pm_uptime < Number(ownRunSec) * 1000) return done()
  if (about.status === 'stopped' || about.status === 'errored') return pm2.Client.executeRemote('startProcessId', id, done)
  leaveOut(about)
  done()
}

pm2.connect((unreachable) => {
  if (unreachable) failed(unreachable)
  pm2.list((error, all) => {
    if (error) failed(error)
    const due = all.filter((each) => each.name === name)
    if (due.length === 0) failed('PM2 has no process ' + name + '.')
    let left = due.length
    for (const each of due) {
      judge(each, (refused) => {
        if (refused) console.error(refused.message || refused)
        left -= 1
        if (left === 0) process.exit(0)
      })
    }
  })
})
`
