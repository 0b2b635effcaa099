import { setTimeout as delay } from 'node:timers/promises'
import { type AttemptRule, isBlocked } from './attempt-rules.ts'
import { attemptKey, tooManyAttempts } from './attempts.ts'
import { networkOf } from './client-address.ts'
import type { Client, Context } from './context.ts'

/** @throws AppError when too many mails were asked for from there, whoever they were for. */
export async function refuseManyMails(context: Context, client: Client): Promise<void> {
  const until = await spend(context, attemptKey('mail-address', networkOf(client.address)), context.rules.mailAddress)
  if (until) throw tooManyAttempts(until, context.clock.now())
}

/** Whether an address may have one more mail. Its answer is for nobody to see: it would tell who has an account. */
export async function mayMailAccount(context: Context, emailKey: string): Promise<boolean> {
  return (await spend(context, attemptKey('mail-account', emailKey), context.rules.mailAccount)) === null
}

/** Counts one; answers until when there may be no more, if so. */
async function spend({ attempts, clock }: Context, key: string, rule: AttemptRule): Promise<Date | null> {
  const state = (await attempts.find([key])).get(key) ?? null
  if (state && isBlocked(state, clock.now())) return state.blockedUntil
  await attempts.fail(new Map([[key, rule]]))
  return null
}

/** So that the time of an answer does not tell whether there was something to do. */
export async function withLeastDuration({ leastAnswerMs }: Context, work: () => Promise<void>): Promise<void> {
  await Promise.all([work(), delay(leastAnswerMs)])
}
