import type { Evidence } from '../evidence.ts'
import type { Words } from '../finding.ts'
import { advise, logRule } from '../rule.ts'
import { thenRestart } from './mends.ts'

const symptom: Words = { en: 'OAuth does not work', fr: 'OAuth ne fonctionne pas' }

/** An error of OAuth as providers write it: `"error": "invalid_grant"`, `error=invalid_grant`, `Error: invalid_grant`. */
function errorCode(code: string): RegExp {
  return new RegExp(`(?:error(?:_code)?["'=:\\s]{1,6}|Error: \\(?)["']?${code}\\b`, 'i')
}

export const oauthRedirectMismatch = logRule({
  name: 'oauth_redirect_mismatch',
  patterns: [
    errorCode('redirect_uri_mismatch'),
    /redirect[_ ]uri (?:did not match|does not match|is not registered|mismatch)/i,
    errorCode('invalid_redirect_uri'),
  ],
  symptom,
  cause: ({ evidence }) => ({
    en: `The redirect URI that the app sends is not registered with the provider, to the letter${asks(evidence)}.`,
    fr: `L’URI de redirection envoyée par l’app n’est pas enregistrée chez le fournisseur, à la lettre près${asks(evidence)}.`,
  }),
  mend: ({ evidence }) =>
    thenRestart(evidence, {
      en: 'Make the registered URI and the app’s the same (https, name, path, no slash at the end), then restart the app.',
      fr: 'Rendez identiques l’URI enregistrée et celle de l’app (https, nom, chemin, sans barre finale), puis redémarrez-la.',
    }),
})

export const oauthInvalidGrant = logRule({
  name: 'oauth_invalid_grant',
  patterns: [errorCode('invalid_grant'), /token refresh failed/i],
  symptom,
  cause: () => ({
    en: 'The code or refresh token was used before, has expired, was revoked, or belongs to another client.',
    fr: 'Le code ou le jeton a déjà servi, a expiré, a été révoqué, ou appartient à un autre client.',
  }),
  mend: () =>
    advise(
      'Connect the account again. After a change of credentials every tenant has to. Check the clock as well.',
      'Reconnectez le compte. Après un changement d’identifiants, chaque client doit le faire. Vérifiez aussi l’horloge.',
    ),
})

export const oauthInvalidClient = logRule({
  name: 'oauth_invalid_client',
  patterns: [errorCode('invalid_client'), errorCode('unauthorized_client'), /Token exchange failed/i],
  symptom,
  cause: () => ({
    en: 'The client id or secret is wrong or has expired.',
    fr: 'L’identifiant ou le secret du client est faux ou a expiré.',
  }),
  mend: ({ evidence }) =>
    thenRestart(evidence, {
      en: 'Compare client id and secret (environment or Vault) with the provider’s console, then restart the app.',
      fr: 'Comparez identifiant et secret (environnement ou Vault) avec la console du fournisseur, puis redémarrez l’app.',
    }),
})

export const oauthState = logRule({
  name: 'oauth_state',
  patterns: [/\bInvalid state\b|\b(?:invalid|expired)_state\b|\bstate_already_used\b/i],
  symptom,
  cause: () => ({
    en: 'The state of the login has expired (15 minutes), was used before, or was started in another session.',
    fr: 'L’état de la connexion a expiré (15 minutes), a déjà servi, ou vient d’une autre session.',
  }),
  mend: () =>
    advise(
      'Ask for a new OAuth address and go through it in one go.',
      'Redemandez une nouvelle URL OAuth et suivez-la d’une traite.',
    ),
})

export const oauthNotConnected = logRule({
  name: 'oauth_not_connected',
  patterns: [/Connection not CONNECTED|\boauth_not_connected\b/],
  symptom,
  cause: () => ({
    en: 'The account was never connected to the end.',
    fr: 'La connexion du compte n’a pas été menée à bout.',
  }),
  mend: () =>
    advise(
      'Go through OAuth; status and lastError of MarketplaceConnection say where it stopped.',
      'Terminez OAuth ; status et lastError de MarketplaceConnection disent où il s’est arrêté.',
    ),
})

export const credentialsMissing = logRule({
  name: 'credentials_missing',
  patterns: [
    /No credentials found/,
    /vault\b.{0,80}\b(?:permission denied|403|invalid path|missing client token|is sealed)/i,
    /(?:permission denied|missing client token|Vault is sealed).{0,80}\bvault\b/i,
  ],
  explains: ['oauth_invalid_client', 'oauth_not_connected'],
  symptom: { en: 'The app has no credentials', fr: 'L’app n’a pas d’identifiants' },
  cause: () => ({
    en: 'Its path in Vault is wrong, its token may not read it, or Vault is sealed.',
    fr: 'Le chemin dans Vault est faux, le jeton ne suffit pas, ou Vault est scellé.',
  }),
  mend: ({ evidence }) =>
    thenRestart(evidence, {
      en: 'Check VAULT_ADDR, VAULT_TOKEN and the path (vault kv get …), then restart the app.',
      fr: 'Vérifiez VAULT_ADDR, VAULT_TOKEN et le chemin (vault kv get …), puis redémarrez l’app.',
    }),
})

function asks({ subject }: Evidence): string {
  return subject.domain === null ? '' : ` (https://${subject.domain}/…)`
}
