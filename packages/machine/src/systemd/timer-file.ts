import { matching, seconds, unitName, whole } from '../values/index.ts'
import { unitText } from './words.ts'

export interface Timer {
  description: string
  /** The unit it starts. One that is still running is left alone, so runs never overlap. */
  unit: string
  schedule: Calendar | Interval
  /** Spreads the start of many servers over this time. */
  randomizedDelaySec?: number | undefined
}

/** At times of the day, in the form of systemd.time(7): `*-*-* 02:00:00 Europe/Paris`. */
interface Calendar {
  calendar: string
  /** Once after a boot, when a run was missed while the server was off. */
  persistent?: boolean
}

/** Counted from the start of the last run. */
interface Interval {
  everySec: number
  afterBootSec: number
}

/** The file `name.timer`. */
export function renderTimer(timer: Timer): string {
  return [
    '[Unit]',
    `Description=${unitText(timer.description, 'description')}`,
    '',
    '[Timer]',
    `Unit=${unitName(timer.unit, 'unit')}`,
    ...scheduleLines(timer.schedule),
    // systemd's own accuracy is a minute, to let laptops sleep.
    'AccuracySec=1s',
    `RandomizedDelaySec=${whole(timer.randomizedDelaySec ?? 0, 'randomizedDelaySec', 0, 86_400)}`,
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ].join('\n')
}

function scheduleLines(schedule: Calendar | Interval): string[] {
  if ('calendar' in schedule) {
    return [
      `OnCalendar=${calendarEvent(schedule.calendar, 'schedule/calendar')}`,
      `Persistent=${schedule.persistent ? 'yes' : 'no'}`,
    ]
  }
  return [
    `OnBootSec=${seconds(schedule.afterBootSec, 'schedule/afterBootSec')}`,
    `OnUnitActiveSec=${seconds(schedule.everySec, 'schedule/everySec')}`,
  ]
}

/** An event by its alphabet alone: `systemd-analyze calendar` checks its grammar before a timer is installed. */
const calendarEvent = matching(
  /^(?=.{1,200}$)[A-Za-z0-9*][A-Za-z0-9*:,.~/_-]*( [A-Za-z0-9*][A-Za-z0-9*:,.~/_-]*){0,3}$/,
  'not_a_calendar_event',
  'is a calendar event such as "*-*-* 02:00:00", see systemd.time(7).',
)
