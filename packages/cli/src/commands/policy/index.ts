import type { Command } from 'commander'
import type { Cli } from '../../cli.ts'
import type { PolicyFileOptions } from '../../processes/processes.ts'
import { translated } from '../../words.ts'

/** What this server lets orders do: all of it is local, and asks no control plane. */
export function policyCommand(cli: Cli): Command {
  const { processes, language } = cli
  const file = words[language].args.file
  const show = cli
    .command('show', showWords)
    .argument('[file]', file)
    .action(cli.local<PolicyFileOptions>(processes.showPolicy))
  const check = cli
    .command('check', checkWords)
    .argument('[file]', file)
    .action(cli.local<PolicyFileOptions>(processes.checkPolicy))
  const schema = cli.command('schema', schemaWords).action(cli.local(processes.printPolicySchema))
  return cli.command('policy', words).addCommand(show).addCommand(check).addCommand(schema)
}

const words = translated({
  en: {
    summary: 'Policy: what this server lets orders do',
    examples: [
      ['ikoma policy show', 'what is allowed on this machine'],
      ['ikoma policy check', 'whether its file is right'],
    ],
    args: { file: 'a policy file, instead of the one of this machine' },
  },
  fr: {
    summary: 'Politique : ce que ce serveur laisse faire aux ordres',
    examples: [
      ['ikoma policy show', 'ce qui est permis sur cette machine'],
      ['ikoma policy check', 'si son fichier est correct'],
    ],
    args: { file: 'un fichier de politique, au lieu de celui de cette machine' },
  },
})

const showWords = translated({
  en: {
    summary: 'Show the policy of this machine: each value, and whether it is the default',
    details: 'Exits with 1 when the file cannot be understood. What each key means: docs/policy.md.',
    examples: [
      ['ikoma policy show', 'of the runner and the executor'],
      ['ikoma policy show --json', 'as JSON'],
    ],
  },
  fr: {
    summary: 'Montrer la politique de cette machine : chaque valeur, et si c’est celle par défaut',
    details: 'Sort avec 1 quand le fichier ne peut être compris. Le sens de chaque clé : docs/policy.fr.md.',
    examples: [
      ['ikoma policy show', 'celle du runner et de l’exécuteur'],
      ['ikoma policy show --json', 'en JSON'],
    ],
  },
})

const checkWords = translated({
  en: {
    summary: 'Check a policy file: all that is wrong in it, with line and column',
    details: 'Exits with 1 when a runner would refuse it. Nothing is changed.',
    examples: [
      ['ikoma policy check', 'the one of this machine'],
      ['ikoma policy check ./policy.json', 'another one, before it is put in place'],
    ],
  },
  fr: {
    summary: 'Vérifier un fichier de politique : tout ce qui y est faux, avec ligne et colonne',
    details: 'Sort avec 1 quand un runner le refuserait. Rien n’est changé.',
    examples: [
      ['ikoma policy check', 'celui de cette machine'],
      ['ikoma policy check ./policy.json', 'un autre, avant de le mettre en place'],
    ],
  },
})

const schemaWords = translated({
  en: {
    summary: 'Print the JSON Schema of the policy file',
    examples: [
      ['ikoma policy schema > policy.schema.json', 'for an editor'],
      ['ikoma policy schema | jq .properties', 'the keys that there are'],
    ],
  },
  fr: {
    summary: 'Afficher le schéma JSON du fichier de politique',
    examples: [
      ['ikoma policy schema > policy.schema.json', 'pour un éditeur'],
      ['ikoma policy schema | jq .properties', 'les clés qui existent'],
    ],
  },
})
