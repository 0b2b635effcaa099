import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../cli.ts'
import { wholeNumber } from '../options.ts'
import { parseSpan } from '../times.ts'
import { translated } from '../words.ts'
import { createOrder } from './order/create.ts'
import { orderWords } from './order/order-words.ts'
import type { TargetOptions } from './order/target.ts'

export interface DiagnoseOptions extends Pick<TargetOptions, 'runner' | 'server'> {
  unit?: string
  port?: number
  domain?: string
  address?: string
  sqlite?: string
  compose?: string
  pm2?: string
  pm2User?: string
  since?: string
}

export function diagnoseCommand(cli: Cli): Command {
  const { args, options } = words[cli.language]
  const order = orderWords[cli.language].options
  return cli
    .command('diagnose', words)
    .argument('[unit]', args.unit)
    .option('--runner <runner>', order.runner)
    .option('--server <server>', order.server)
    .option('--port <port>', options.port, wholeNumber(cli.t))
    .option('--domain <name>', options.domain)
    .option('--address <url>', options.address)
    .option('--sqlite <path>', options.sqlite)
    .option('--compose <path>', options.compose)
    .option('--pm2 <name>', options.pm2)
    .option('--pm2-user <user>', options.pm2User)
    .option('--since <duration>', options.since)
    .action(cli.remote(diagnose))
}

/** An order of the type `diagnose.run`, without having to know its payload. */
export function diagnose(options: DiagnoseOptions, context: RemoteContext): Promise<number> {
  const { runner, server, since, address, sqlite, compose, pm2, unit, port, domain, pm2User } = options
  const sinceMin = since === undefined ? undefined : Math.ceil(parseSpan(since, '--since', context.t) / 60_000)
  const app = { sqlitePath: sqlite, composeFile: compose, pm2Name: pm2, pm2User }
  // What was not given is left out of JSON.
  const payload = JSON.stringify({ unit, port, domain, url: address, ...app, sinceMin })
  return createOrder({ type: 'diagnose.run', payload, ...(runner && { runner }), ...(server && { server }) }, context)
}

const words = translated({
  en: {
    summary: 'Find out what is wrong with an app on a server, and what would mend it',
    details:
      'Places an order of the type diagnose.run, which changes nothing. The more it is told, the more it looks at.\n' +
      'Finding something wrong is no failure: the exit code tells how the order ended.',
    examples: [
      ['ikoma diagnose gateway --port 8080 --domain app.example.org', 'a service behind a proxy'],
      ['ikoma diagnose --server web-1 --compose /srv/app/docker-compose.yml', 'the containers of a compose file'],
      ['ikoma diagnose --pm2 backend --pm2-user app --since 2h --json', 'a PM2 process, as JSON'],
    ],
    args: { unit: 'systemd service that has trouble' },
    options: {
      port: 'port that the app should listen on',
      domain: 'domain that should lead to it',
      address: 'address that should answer, asked from the server',
      sqlite: 'path of its SQLite database',
      compose: 'path of its compose file',
      pm2: 'name of its PM2 process',
      pm2User: 'user whose PM2 it is',
      since: 'how far back logs are read',
    },
  },
  fr: {
    summary: 'Trouver ce qui ne va pas avec une app sur un serveur, et ce qui le réparerait',
    details:
      'Passe un ordre de type diagnose.run, qui ne change rien. Plus on lui en dit, plus il examine.\n' +
      'Trouver un problème n’est pas un échec : le code de sortie dit comment l’ordre s’est terminé.',
    examples: [
      ['ikoma diagnose gateway --port 8080 --domain app.example.org', 'un service derrière un proxy'],
      ['ikoma diagnose --server web-1 --compose /srv/app/docker-compose.yml', 'les conteneurs d’un fichier compose'],
      ['ikoma diagnose --pm2 backend --pm2-user app --since 2h --json', 'un processus PM2, en JSON'],
    ],
    args: { unit: 'service systemd en difficulté' },
    options: {
      port: 'port sur lequel l’app devrait écouter',
      domain: 'domaine qui devrait y mener',
      address: 'adresse qui devrait répondre, interrogée depuis le serveur',
      sqlite: 'chemin de sa base SQLite',
      compose: 'chemin de son fichier compose',
      pm2: 'nom de son processus PM2',
      pm2User: 'utilisateur de ce PM2',
      since: 'jusqu’où remonter dans les journaux',
    },
  },
})
