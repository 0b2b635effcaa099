/** What the app has to pass on, most of it as a mail: `token` is for `to` alone, and is kept nowhere. */
export type IdentityEvent =
  | { kind: 'verify-email'; accountId: string; to: string; token: string; expiresAt: Date }
  | { kind: 'reset-password'; accountId: string; to: string; token: string; expiresAt: Date }
  | { kind: 'change-email'; accountId: string; to: string; token: string; expiresAt: Date }
  /** Told to the address that the account had. */
  | { kind: 'email-changed'; accountId: string; to: string; newEmail: string }
  /** Somebody tried to register with, or to change to, an address that has an account. */
  | { kind: 'registration-of-existing'; accountId: string; to: string }
  | { kind: 'password-changed'; accountId: string; to: string }
  /** A refresh token was used twice: one of the two who have it stole it, and both are signed out. */
  | { kind: 'refresh-token-reused'; accountId: string; to: string; sessionId: string }
  /** Somebody who knows the password tries second factors. */
  | { kind: 'second-factor-attacked'; accountId: string; to: string }
