import { isLoopbackUrl } from '@ikoma/kernel'
import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { parseUrl } from '../../find-control-plane.ts'
import { findServer } from '../../lookup.ts'
import { collect, wholeNumber } from '../../options.ts'
import { shellQuote } from '../../shell-quote.ts'
import { timeOfDay } from '../../times.ts'
import { translated } from '../../words.ts'
import { runnerWords } from './runner-words.ts'

export interface InviteRunnerOptions {
  name?: string
  server?: string
  scope?: string[]
  concurrency?: number
  /** Address of the control plane as the new runner's machine reaches it. */
  publicUrl?: string
}

export function inviteRunnerCommand(cli: Cli): Command {
  const { options } = words[cli.language]
  return cli
    .command('invite', words)
    .option('--name <name>', runnerWords[cli.language].options.name)
    .option('--server <server>', options.server)
    .option('--scope <scope>', options.scope, collect)
    .option('--concurrency <number>', runnerWords[cli.language].options.concurrency, wholeNumber(cli.t))
    .option('--public-url <url>', options.publicUrl)
    .action(cli.remote(inviteRunner))
}

export async function inviteRunner(options: InviteRunnerOptions, context: RemoteContext): Promise<number> {
  const { client, out, t, controlPlane, language } = context
  const url = options.publicUrl ? parseUrl(options.publicUrl, '--public-url', t) : controlPlane.url
  const enrolment = await client.createEnrolment({
    name: options.name,
    serverId: options.server && (await findServer(options.server, context)).id,
    scopes: options.scope,
    concurrency: options.concurrency,
  })
  const how = `--url ${shellQuote(url)} --token ${shellQuote(enrolment.token)}`
  out.answer(enrolment, () => {
    out.line(`ikoma runner enrol ${how} && ikoma runner run`)
  })
  out.note(words[language].invited(enrolment.scopes.join(', '), timeOfDay(enrolment.expiresAt, context)))
  if (!out.json) out.note(words[language].orInstall(`ikoma runner install ${how}`))
  if (isLoopbackUrl(url)) out.note({ text: words[language].loopback(url), style: 'yellow' })
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Print the line that makes a server a runner',
    details: 'The invitation works once and for 15 minutes.',
    examples: [
      ['ikoma runner invite --name web-1 --server web-1', 'for the server web-1'],
      ['ikoma runner invite --scope check,system --public-url https://ikoma.example.org', 'only checks and facts'],
    ],
    options: {
      server: 'server that the runner is for',
      scope: 'what it may do (repeatable)',
      publicUrl: 'address of the control plane as the new server reaches it',
    },
    invited: (scopes: string, until: string) =>
      `Paste this line on the server. It works once, until ${until}, for the scopes ${scopes}.`,
    orInstall: (line: string) => `To have systemd run it, with root apart, paste this instead (as root): ${line}`,
    loopback: (url: string) =>
      `${url} leads only to this machine. For another server, invite with --public-url https://…`,
  },
  fr: {
    summary: 'Afficher la ligne qui fait d’un serveur un runner',
    details: 'L’invitation sert une fois, pendant 15 minutes.',
    examples: [
      ['ikoma runner invite --name web-1 --server web-1', 'pour le serveur web-1'],
      [
        'ikoma runner invite --scope check,system --public-url https://ikoma.example.org',
        'seulement vérifications et relevés',
      ],
    ],
    options: {
      server: 'serveur auquel le runner est destiné',
      scope: 'ce qu’il peut faire (répétable)',
      publicUrl: 'adresse du plan de contrôle vue du nouveau serveur',
    },
    invited: (scopes, until) =>
      `Collez cette ligne sur le serveur. Elle sert une fois, jusqu’à ${until}, pour les portées ${scopes}.`,
    orInstall: (line) => `Pour que systemd l’exécute, root à part, collez plutôt ceci (en tant que root) : ${line}`,
    loopback: (url) => `${url} ne mène qu’à cette machine. Pour un autre serveur, invitez avec --public-url https://…`,
  },
})
