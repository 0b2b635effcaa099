import { type ClockResource, clockSchema } from '@ikoma/api'
import { callingActor } from '../access.ts'
import type { Context } from '../context.ts'
import { isoTime } from '../present.ts'
import type { ClockStanding } from '../watch/clock-watch.ts'
import type { App } from './app.ts'

const tags = ['operations']

export function clockRoutes(app: App, { clockWatch }: Context): void {
  app.get(
    '/v1/clock',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        operationId: 'getClock',
        summary: 'Whether the clock can be believed',
        response: { 200: clockSchema },
      },
    },
    () => clockResource(clockWatch.standing()),
  )

  app.post(
    '/v1/clock/accept',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'acceptClock',
        summary: 'Say that the clock is right after a jump: what it held goes on',
        response: { 200: clockSchema },
      },
    },
    async (request) => {
      await clockWatch.accept(callingActor(request))
      return clockResource(clockWatch.standing())
    },
  )
}

function clockResource({ now, jump }: ClockStanding): ClockResource {
  if (jump === null) return { now: isoTime(now), steady: true, jump: null }
  const { state, byMs, foundAt, expectedAt, releasesInMs } = jump
  return {
    now: isoTime(now),
    steady: false,
    jump: {
      alarm: 'clock_jumped',
      state,
      byMs: Math.round(byMs),
      foundAt: isoTime(foundAt),
      expectedAt: isoTime(expectedAt),
      held: state === 'unsettled' ? ['pruning', 'expiry', 'schedules', 'claims'] : ['pruning', 'expiry'],
      releasesAt: releasesInMs === null ? null : isoTime(now + releasesInMs),
    },
  }
}
