import { describe, expect, it } from 'vitest'
import { messagesIn } from './messages/index.ts'
import { noon } from './testing/fixtures.ts'
import { createWorld } from './testing/world.ts'
import { ago, parseMoment, parseSpan, span } from './times.ts'

function setup(language: 'en' | 'fr' = 'en') {
  return { io: createWorld().io, t: messagesIn(language), language }
}

describe('times', () => {
  it.each([
    [12, '12 ms', '12 ms'],
    [830, '0.8 s', '0,8 s'],
    [42_900, '42 s', '42 s'],
    [60_000, '1 min', '1 min'],
    [185_000, '3 min 5 s', '3 min 5 s'],
    [7_500_000, '2 h 5 min', '2 h 5 min'],
    [273_600_000, '3 d 4 h', '3 j 4 h'],
  ])('%i ms is written %s, in French %s', (ms, english, french) => {
    expect(span(ms, setup('en'))).toBe(english)
    expect(span(ms, setup('fr'))).toBe(french)
  })

  it('counts ages from the injected clock', () => {
    expect(ago(noon(-120), setup('fr'))).toBe('il y a 3 min')
    expect(ago(noon(-120), setup('en'))).toBe('3 min ago')
    expect(ago(noon(60), setup('en'))).toBe('just now')
    expect(ago(noon(60 + 7200), setup('en'))).toBe('in 2 h')
  })

  it.each([
    ['90', 90_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['3d', 259_200_000],
    ['3j', 259_200_000],
  ])('reads the duration %s', (text, ms) => {
    expect(parseSpan(text, '--timeout', setup().t)).toBe(ms)
  })

  it.each(['', 'soon', '-5m', '5 minutes', '1e3'])('refuses the duration "%s" and names the option', (text) => {
    expect(() => parseSpan(text, '--timeout', setup().t)).toThrow('--timeout')
  })

  it('reads a moment as a date or as a duration from now', () => {
    expect(parseMoment('2026-01-31T12:00:00Z', '--since', 'past', setup())).toBe('2026-01-31T12:00:00.000Z')
    expect(parseMoment('2m', '--since', 'past', setup())).toBe(noon(-60))
    expect(parseMoment('2m', '--run-at', 'future', setup())).toBe(noon(180))
    expect(() => parseMoment('2026-99-99', '--since', 'past', setup())).toThrow('--since')
  })
})
