import { translated } from '../../words.ts'

export const runnerWords = translated({
  en: {
    args: { runner: 'name or id of a runner' },
    options: {
      name: 'name of the runner',
      concurrency: 'orders it may execute at a time',
      token: 'token of the invitation',
      stateDir: 'folder where the runner keeps its identity and journal',
      insecure: 'allow plain http to another machine',
      newIdentity: 'give up the identity that is there: this machine is a copy of another',
    },
    invite: 'Invite a runner: ikoma runner invite --name <name>',
  },
  fr: {
    args: { runner: 'nom ou id d’un runner' },
    options: {
      name: 'nom du runner',
      concurrency: 'ordres exécutés à la fois',
      token: 'jeton de l’invitation',
      stateDir: 'dossier où le runner garde son identité et son journal',
      insecure: 'permettre http sans chiffrement vers une autre machine',
      newIdentity: 'abandonner l’identité présente : cette machine est la copie d’une autre',
    },
    invite: 'Invitez un runner : ikoma runner invite --name <nom>',
  },
})
