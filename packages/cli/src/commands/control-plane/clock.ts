import type { ClockResource } from '@ikoma/api'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import type { Context } from '../../command-context.ts'
import { exitCodes } from '../../exit-codes.ts'
import { dateAndTime, span } from '../../times.ts'
import { translated } from '../../words.ts'

export function clockCommand(cli: Cli): Command {
  return cli.command('clock', clockWords).action(cli.remote(showClock))
}

export function acceptClockCommand(cli: Cli): Command {
  return cli.command('accept-clock', acceptWords).action(cli.remote(acceptClock))
}

/** Exits with 1 while a jump is not over. */
export async function showClock(_options: object, context: RemoteContext): Promise<number> {
  const clock = await context.client.getClock()
  tell(clock, context)
  return clock.steady ? exitCodes.ok : exitCodes.failure
}

export async function acceptClock(_options: object, context: RemoteContext): Promise<number> {
  tell(await context.client.acceptClock(), context)
  return exitCodes.ok
}

function tell(clock: ClockResource, context: RemoteContext): void {
  const { out, language } = context
  out.answer(clock, () =>
    out.line(jumpText(clock, context) ?? clockWords[language].steady(dateAndTime(clock.now, context))),
  )
}

/** What happened to the control plane's clock, and what waits for it; null when it is steady. */
export function jumpText({ jump }: ClockResource, context: Context): string | null {
  if (jump === null) return null
  const said = clockWords[context.language]
  const { state, byMs, releasesAt } = jump
  const how = said[state](span(Math.abs(byMs), context), byMs > 0)
  return `${how} ${releasesAt === null ? said.person : said.releases(dateAndTime(releasesAt, context))}`
}

const clockWords = translated({
  en: {
    summary: 'Whether the clock of the control plane can be believed',
    details: 'Exits with 1 while a jump of it is not over.',
    examples: [
      ['ikoma control-plane clock', 'its time, and what a jump holds'],
      ['ikoma control-plane clock --json', 'as JSON'],
    ],
    steady: (now: string) => `The clock of the control plane goes steadily: ${now}.`,
    unsettled: (far: string, ahead: boolean) =>
      `The clock of the control plane jumped ${far} ${ahead ? 'ahead' : 'back'} just now: schedules, claims, pruning and expiry wait.`,
    believed: (far: string, ahead: boolean) =>
      `The clock of the control plane jumped ${far} ${ahead ? 'ahead' : 'back'}: it is followed, but nothing is pruned and nothing expires.`,
    returned: (far: string, ahead: boolean) =>
      `The clock of the control plane was ${far} ${ahead ? 'ahead' : 'behind'} and is right again: nothing is pruned for a while.`,
    releases: (when: string) => `By itself until ${when}; at once: ikoma control-plane accept-clock`,
    person: 'See whether its time is right. If it is: ikoma control-plane accept-clock',
  },
  fr: {
    summary: 'Dire si l’on peut croire l’horloge du plan de contrôle',
    details: 'Sort avec 1 tant qu’un saut n’est pas terminé.',
    examples: [
      ['ikoma control-plane clock', 'son heure, et ce qu’un saut retient'],
      ['ikoma control-plane clock --json', 'en JSON'],
    ],
    steady: (now) => `L’horloge du plan de contrôle avance régulièrement : ${now}.`,
    unsettled: (far, ahead) =>
      `L’horloge du plan de contrôle vient de sauter de ${far} en ${ahead ? 'avant' : 'arrière'} : planifications, prises d’ordres, purge et expiration attendent.`,
    believed: (far, ahead) =>
      `L’horloge du plan de contrôle a sauté de ${far} en ${ahead ? 'avant' : 'arrière'} : on la suit, mais rien n’est purgé et rien n’expire.`,
    returned: (far, ahead) =>
      `L’horloge du plan de contrôle a été ${ahead ? 'en avance' : 'en retard'} de ${far} et est de nouveau juste : rien n’est purgé pendant un moment.`,
    releases: (when) => `De lui-même jusqu’au ${when} ; tout de suite : ikoma control-plane accept-clock`,
    person: 'Voyez si son heure est juste. Si elle l’est : ikoma control-plane accept-clock',
  },
})

const acceptWords = translated({
  en: {
    summary: 'Say that the clock of the control plane is right after a jump',
    details: 'What the jump held goes on: orders that ended longer ago than they are kept are deleted.',
    examples: [
      ['ikoma control-plane accept-clock', 'after looking at the time of its machine'],
      ['ikoma control-plane accept-clock --json', 'as JSON'],
    ],
  },
  fr: {
    summary: 'Dire que l’horloge du plan de contrôle est juste après un saut',
    details:
      'Ce que le saut retenait reprend : les ordres terminés depuis plus longtemps qu’on ne les garde sont effacés.',
    examples: [
      ['ikoma control-plane accept-clock', 'après avoir regardé l’heure de sa machine'],
      ['ikoma control-plane accept-clock --json', 'en JSON'],
    ],
  },
})
