import type { IdentityEvent } from '@ikoma/backend/identity'
import { composeLetter } from '@ikoma/backend/mail'
import type { Language } from './domain/language.ts'

/** As the job that sends it takes it. */
export interface Letter {
  subject: string
  text: string
  html: string
  locale: Language
}

type Words = { subject: string; paragraph: string; label?: string }

/** What an account is told by mail. */
export function letterOf(event: IdentityEvent, frontend: string, locale: Language): Letter {
  const { subject, paragraph, label } = words[event.kind][locale]
  const path = event.kind === 'change-email' ? 'confirm-email' : event.kind
  const url = 'token' in event ? `${frontend}/${path}?token=${encodeURIComponent(event.token)}` : ''
  const action = label === undefined ? {} : { action: { label, url } }
  const paragraphs = event.kind === 'email-changed' ? [paragraph, event.newEmail] : [paragraph]
  return { subject, locale, ...composeLetter({ locale, paragraphs, ...action }) }
}

const words: Record<IdentityEvent['kind'], Record<Language, Words>> = {
  'verify-email': {
    en: { subject: 'Verify your address', paragraph: 'Open this within 24 hours.', label: 'Verify my address' },
    fr: { subject: 'Vérifiez votre adresse', paragraph: 'Ouvrez ce lien dans les 24 heures.', label: 'Vérifier' },
  },
  'reset-password': {
    en: { subject: 'Your new password', paragraph: 'Choose it within the hour.', label: 'Choose a password' },
    fr: {
      subject: 'Votre nouveau mot de passe',
      paragraph: 'Choisissez-le dans l’heure.',
      label: 'Choisir un mot de passe',
    },
  },
  'change-email': {
    en: { subject: 'Your new address', paragraph: 'Open this within the hour.', label: 'Confirm my address' },
    fr: { subject: 'Votre nouvelle adresse', paragraph: 'Ouvrez ce lien dans l’heure.', label: 'Confirmer' },
  },
  'email-changed': {
    en: {
      subject: 'Your address was changed',
      paragraph: 'You sign in with another address from now on. If that was not you, tell us at once.',
    },
    fr: {
      subject: 'Votre adresse a changé',
      paragraph: 'Vous vous connectez désormais avec une autre adresse. Si ce n’était pas vous, dites-le-nous.',
    },
  },
  'registration-of-existing': {
    en: {
      subject: 'You have an account',
      paragraph: 'Somebody tried to register with your address. Nothing is to be done.',
    },
    fr: {
      subject: 'Vous avez déjà un compte',
      paragraph: 'Quelqu’un a voulu s’inscrire avec votre adresse. Vous n’avez rien à faire.',
    },
  },
  'password-changed': {
    en: {
      subject: 'Your password was changed',
      paragraph: 'If that was not you, ask for a new one at once.',
    },
    fr: {
      subject: 'Votre mot de passe a changé',
      paragraph: 'Si ce n’était pas vous, demandez-en un autre sans attendre.',
    },
  },
  'refresh-token-reused': {
    en: {
      subject: 'You were signed out',
      paragraph: 'Your session was used from two places. Sign in again.',
    },
    fr: {
      subject: 'Vous avez été déconnecté',
      paragraph: 'Votre session a servi depuis deux endroits. Reconnectez-vous.',
    },
  },
  'second-factor-attacked': {
    en: {
      subject: 'Change your password',
      paragraph: 'Somebody who knows your password tries codes.',
    },
    fr: {
      subject: 'Changez votre mot de passe',
      paragraph: 'Quelqu’un qui connaît votre mot de passe essaie des codes.',
    },
  },
}
