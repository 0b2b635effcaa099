import { AppError } from '@ikoma/kernel'
import type { Context } from './command-context.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

type Reader = Pick<Context, 'io' | 't' | 'language'>

/** `12 ms`, `0.8 s`, `42 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`. */
export function span(ms: number, { t, language }: Pick<Reader, 't' | 'language'>): string {
  const number = (value: number, digits = 0) => value.toLocaleString(language, { maximumFractionDigits: digits })
  if (ms < 100) return `${number(ms)} ms`
  if (ms < 10 * secondMs) return `${number(ms / secondMs, 1)} s`
  if (ms < minuteMs) return `${number(Math.floor(ms / secondMs))} s`
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string) => {
    const rest = Math.floor((ms % large) / small)
    const whole = `${number(Math.floor(ms / large))} ${largeUnit}`
    return rest > 0 ? `${whole} ${rest} ${smallUnit}` : whole
  }
  if (ms < hourMs) return pair(minuteMs, 'min', secondMs, 's')
  if (ms < dayMs) return pair(hourMs, 'h', minuteMs, 'min')
  return pair(dayMs, t.time.day, hourMs, 'h')
}

/** How long ago, in its largest unit: `3 min ago`, `il y a 3 min`. */
export function ago(time: string, { io, t }: Reader): string {
  const ms = io.now() - Date.parse(time)
  if (ms < -secondMs) return t.time.in(rough(-ms, t.time.day))
  return ms < secondMs ? t.time.now : t.time.ago(rough(ms, t.time.day))
}

function rough(ms: number, day: string): string {
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s`
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`
  if (ms < dayMs) return `${Math.floor(ms / hourMs)} h`
  return `${Math.floor(ms / dayMs)} ${day}`
}

/** Time of day, `12:00:01`. */
export function timeOfDay(time: string, { io }: Pick<Reader, 'io'>): string {
  return new Date(time).toLocaleTimeString('en-GB', { timeZone: io.timeZone })
}

/** `2026-11-20 12:00:01`. */
export function dateAndTime(time: string, { io }: Pick<Reader, 'io'>): string {
  return new Date(time).toLocaleString('sv-SE', { timeZone: io.timeZone })
}

const unitMs: Record<string, number> = { s: secondMs, m: minuteMs, min: minuteMs, h: hourMs, d: dayMs, j: dayMs }

/** `90`, `90s`, `5m`, `2h`, `3d` in milliseconds; a bare number counts seconds. */
export function parseSpan(text: string, option: string, t: Context['t']): number {
  const [, count, unit = 's'] = /^(\d{1,9})(s|m|min|h|d|j)?$/.exec(text.trim()) ?? []
  if (count === undefined) throw new AppError('invalid', t.errors.badSpan(option, text), { reason: 'invalid_duration' })
  return Number(count) * (unitMs[unit] ?? secondMs)
}

/** A moment: `2026-11-20T12:00:00Z`, or a span counted from now in `direction`. */
export function parseMoment(text: string, option: string, direction: 'past' | 'future', { io, t }: Reader): string {
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : undefined
  const at = moment ?? io.now() + (direction === 'past' ? -1 : 1) * parseSpan(text, option, t)
  if (Number.isNaN(at)) throw new AppError('invalid', t.errors.badMoment(option, text), { reason: 'invalid_time' })
  return new Date(at).toISOString()
}
