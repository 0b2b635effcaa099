import type { IdentityEvent } from '@ikoma/backend/identity'

/** What an account is told by mail. */
export function letterOf(event: IdentityEvent, frontend: string): { subject: string; text: string } {
  const link = (path: string, token: string) => `${frontend}/${path}?token=${encodeURIComponent(token)}`
  switch (event.kind) {
    case 'verify-email':
      return { subject: 'Verify your address', text: `Open this within 24 hours: ${link('verify-email', event.token)}` }
    case 'reset-password':
      return { subject: 'Your new password', text: `Choose it within the hour: ${link('reset-password', event.token)}` }
    case 'change-email':
      return { subject: 'Your new address', text: `Open this within the hour: ${link('confirm-email', event.token)}` }
    case 'email-changed':
      return {
        subject: 'Your address was changed',
        text: `You sign in as ${event.newEmail} from now on. If that was not you, tell us at once.`,
      }
    case 'registration-of-existing':
      return {
        subject: 'You have an account',
        text: 'Somebody tried to open an account with your address. Nothing is to be done.',
      }
    case 'password-changed':
      return { subject: 'Your password was changed', text: 'If that was not you, ask for a new one at once.' }
    case 'refresh-token-reused':
      return { subject: 'You were signed out', text: 'Your session was used from two places. Sign in again.' }
    case 'second-factor-attacked':
      return { subject: 'Change your password', text: 'Somebody who knows your password tries codes.' }
  }
}
