import { type Amount, decimalOf } from '@ikoma/backend'
import { identityAccounts } from '@ikoma/backend/identity/schema'
import { composeLetter } from '@ikoma/backend/mail'
import type { Transaction } from '@ikoma/backend/postgres'
import { eq } from 'drizzle-orm'
import { refundOf } from './domain/booking-money.ts'
import type { Language } from './domain/language.ts'
import { localOf } from './domain/zoned-time.ts'
import type { Letter } from './letters.ts'
import type { Booking } from './store/bookings.ts'
import { profiles, site } from './store/schema.ts'
import { paymentsOf } from './store/till.ts'

export type BookingLetterKind = 'confirmed' | 'cancelled' | 'moved' | 'reminder' | 'no_show'

/** Tells whose booking it is, in the transaction of what happened: there is a letter if and only if it happened. */
export type TellCustomer = (tx: Transaction, kind: BookingLetterKind, booking: Booking) => Promise<void>

export function customerTeller(
  enqueue: (tx: Transaction, mail: Letter & { to: string }) => Promise<unknown>,
): TellCustomer {
  return async (tx, kind, booking) => {
    const [account] = await tx
      .select({ to: identityAccounts.email, locale: profiles.locale })
      .from(identityAccounts)
      .leftJoin(profiles, eq(profiles.accountId, identityAccounts.id))
      .where(eq(identityAccounts.id, booking.customerId))
    // Of somebody whom staff books for without an account nobody knows an address.
    if (!account) return
    const [place] = await tx.select({ name: site.name, currency: site.currency }).from(site)
    const payments = await paymentsOf(tx, { bookingId: booking.id })
    const refund = refundOf(booking, payments).amount
    const { name = '', currency = 'EUR' } = place ?? {}
    const letter = bookingLetter(kind, booking, { refund, place: name, currency, locale: account.locale ?? 'en' })
    await enqueue(tx, { to: account.to, ...letter })
  }
}

interface Told {
  refund: Amount
  place: string
  currency: string
  locale: Language
}

export function bookingLetter(
  kind: BookingLetterKind,
  booking: Pick<Booking, 'startsAt' | 'zone' | 'fee'>,
  { refund, place, currency, locale }: Told,
): Letter {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits
  const money = (amount: Amount) => `${decimalOf(amount, digits ?? 2)} ${currency}`
  const { subject, when, fee, back } = wordsIn[locale]
  const paragraphs = [`${when[kind]} ${shownTime(booking, locale)}.`]
  if (booking.fee > 0) paragraphs.push(`${fee}: ${money(booking.fee)}.`)
  if (refund > 0) paragraphs.push(`${back}: ${money(refund)}.`)
  const title = `${subject[kind]} – ${place}`.replace(/\p{Cc}/gu, ' ').slice(0, 150)
  return { subject: title, locale, ...composeLetter({ locale, paragraphs, footer: place }) }
}

/** As the clock of the place shows it, with what tells the two hours of an autumn night apart. */
function shownTime({ startsAt, zone }: Pick<Booking, 'startsAt' | 'zone'>, locale: Language): string {
  const tag = locale === 'fr' ? 'fr-FR' : 'en-GB'
  const day = new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeZone: zone }).format(startsAt)
  const { time, offset } = localOf(startsAt.getTime(), zone)
  return `${day}, ${time} (${zone}, UTC${offset})`
}

const wordsIn = {
  en: {
    subject: {
      confirmed: 'Your booking is confirmed',
      cancelled: 'Your booking is cancelled',
      moved: 'Your booking was moved',
      reminder: 'Your booking is tomorrow',
      no_show: 'You missed your booking',
    },
    when: {
      confirmed: 'We expect you on',
      cancelled: 'Cancelled is the booking of',
      moved: 'We now expect you on',
      reminder: 'We expect you on',
      no_show: 'You did not come on',
    },
    fee: 'What it costs',
    back: 'What you get back',
  },
  fr: {
    subject: {
      confirmed: 'Votre réservation est confirmée',
      cancelled: 'Votre réservation est annulée',
      moved: 'Votre réservation est déplacée',
      reminder: 'Votre réservation est demain',
      no_show: 'Vous avez manqué votre réservation',
    },
    when: {
      confirmed: 'Nous vous attendons le',
      cancelled: 'Est annulée la réservation du',
      moved: 'Nous vous attendons désormais le',
      reminder: 'Nous vous attendons le',
      no_show: 'Vous n’êtes pas venu le',
    },
    fee: 'Frais',
    back: 'Remboursement',
  },
} satisfies Record<Language, object>
