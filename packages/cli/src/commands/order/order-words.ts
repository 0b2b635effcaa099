import { translated } from '../../words.ts'

export const orderWords = translated({
  en: {
    args: {
      order: 'id of an order, or 6 or more characters of its end',
      type: 'order type, such as runner.selftest',
    },
    options: {
      runner: 'runner that is to execute it',
      server: 'server it is for',
      confirm: 'for a destructive type: its name once more',
      waitTimeout: 'longest time to wait for the end; the order itself goes on',
      reason: 'why, for the record',
    },
    dryRun: 'dry run',
    cancelRequested: 'asked to stop',
    needsApproval: (id: string) =>
      `A person must approve it: ikoma order approve ${id} (or refuse it: ikoma order reject ${id})`,
    reattach: (id: string) => `Follow it: ikoma order logs -f ${id}`,
    mayRun: (id: string, until: string, key: string | null) =>
      `${id} may still be running, unheard of: ${key === null ? 'its end is waited for' : `its key ${key} is held`} until ${until}. ` +
      `Look at the server; a verdict ends it: ikoma order settle ${id} --as succeeded (or failed) --reason '…'`,
  },
  fr: {
    args: {
      order: 'id d’un ordre, ou au moins ses 6 derniers caractères',
      type: 'type d’ordre, comme runner.selftest',
    },
    options: {
      runner: 'runner qui doit l’exécuter',
      server: 'serveur concerné',
      confirm: 'pour un type destructif : son nom une seconde fois',
      waitTimeout: 'attente maximale de la fin ; l’ordre, lui, continue',
      reason: 'pourquoi, pour mémoire',
    },
    dryRun: 'à blanc',
    cancelRequested: 'arrêt demandé',
    needsApproval: (id) =>
      `Une personne doit l’approuver : ikoma order approve ${id} (ou le refuser : ikoma order reject ${id})`,
    reattach: (id) => `Pour le suivre : ikoma order logs -f ${id}`,
    mayRun: (id, until, key) =>
      `${id} tourne peut-être encore, sans nouvelles : ${key === null ? 'sa fin est attendue' : `sa clé ${key} est retenue`} jusqu’à ${until}. ` +
      `Regardez le serveur ; un verdict y met fin : ikoma order settle ${id} --as succeeded (ou failed) --reason '…'`,
  },
})
