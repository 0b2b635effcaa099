import { tokenPrefix } from '@ikoma/domain'
import { AppError } from '@ikoma/kernel'
import { isToken } from '@ikoma/kernel/node'
import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { collect } from '../../options.ts'
import type { InstallRunnerOptions } from '../../processes/processes.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'

export function installRunnerCommand(cli: Cli): Command {
  const { t, processes } = cli
  const install = cli.local<InstallRunnerOptions>((options, context) => {
    const { url, token } = options
    if (options.newIdentity && token === undefined) {
      throw new AppError('invalid', words[cli.language].needsInvitation, { reason: 'not_enrolled' })
    }
    if (token !== undefined && isToken(token, tokenPrefix.runner)) {
      throw new AppError('invalid', words[cli.language].runnerToken, { reason: 'not_an_invitation' })
    }
    if (token !== undefined && !url) throw new AppError('invalid', t.errors.urlMissing, { reason: 'url_missing' })
    return processes.installRunner(url ? { ...options, url: parseUrl(url, '--url', t) } : options, context)
  })
  return cli
    .command('install', words)
    .option('--token <token>', runnerWords[cli.language].options.token)
    .option('--name <name>', runnerWords[cli.language].options.name)
    .option('--allow <scope>', words[cli.language].options.allow, collect)
    .option('--yes', words[cli.language].options.yes)
    .option('--new-identity', runnerWords[cli.language].options.newIdentity)
    .option('--insecure', runnerWords[cli.language].options.insecure)
    .option('--no-wait', words[cli.language].options.noWait)
    .option('--dry-run', t.options.dryRun)
    .action(install)
}

const words = translated({
  en: {
    summary: 'Install the runner on this server, as root',
    details:
      'Makes the user ikoma, /var/lib/ikoma and /etc/ikoma, and systemd units: a runner without rights that talks to the ' +
      'control plane, and an executor that is root, talks to the runner alone and does what the policy allows.\n' +
      'Enrols the server too, with --url and --token; with another invitation it enrols again. With --url alone the runner\n' +
      'goes to that address of its control plane. Doing it again changes only what is different.\n' +
      'A new policy (/etc/ikoma/policy.json) allows nothing that needs root: say what may be done with --allow.',
    examples: [
      ['ikoma runner install --url https://ikoma.example.org --token iko_…', 'with the token of an invitation'],
      ['ikoma runner install --url https://new.example.org', 'the control plane has moved'],
      ['ikoma runner install --allow system,platform,service --dry-run', 'what a wider policy would change'],
    ],
    runnerToken:
      'This is a token of a runner, not of an invitation. A runner fetches its new token by itself; to enrol it again: ikoma runner invite',
    needsInvitation: 'A new identity needs an invitation: give --url and --token of `ikoma runner invite`.',
    options: {
      allow: 'what orders may do beside looking; replaces what the policy allows (repeatable)',
      noWait: 'do not wait until the runner is online',
      yes: 'take away what --allow leaves out of what the policy allows today',
    },
  },
  fr: {
    summary: 'Installer le runner sur ce serveur, en tant que root',
    details:
      'Crée l’utilisateur ikoma, /var/lib/ikoma et /etc/ikoma, et des unités systemd : un runner sans droits qui parle au ' +
      'plan de contrôle, et un exécuteur root qui ne parle qu’au runner et ne fait que ce que la politique permet.\n' +
      'Enrôle aussi le serveur, avec --url et --token ; avec une autre invitation il l’enrôle à nouveau. Avec --url seul, le\n' +
      'runner va à cette adresse de son plan de contrôle. Le refaire ne change que ce qui diffère.\n' +
      'Une nouvelle politique (/etc/ikoma/policy.json) ne permet rien qui exige root : élargissez-la avec --allow.',
    examples: [
      ['ikoma runner install --url https://ikoma.example.org --token iko_…', 'avec le jeton d’une invitation'],
      ['ikoma runner install --url https://new.example.org', 'le plan de contrôle a déménagé'],
      ['ikoma runner install --allow system,platform,service --dry-run', 'ce que changerait une politique plus large'],
    ],
    runnerToken:
      'C’est le jeton d’un runner, pas celui d’une invitation. Un runner va chercher son nouveau jeton lui-même ; pour l’enrôler à nouveau : ikoma runner invite',
    needsInvitation: 'Une nouvelle identité exige une invitation : donnez --url et --token de `ikoma runner invite`.',
    options: {
      allow: 'ce que les ordres peuvent faire en plus de regarder ; remplace la politique (répétable)',
      noWait: 'ne pas attendre que le runner soit en ligne',
      yes: 'retirer ce que --allow laisse de côté de ce que la politique permet aujourd’hui',
    },
  },
})
