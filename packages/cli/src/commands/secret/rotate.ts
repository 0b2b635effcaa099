import type { Command } from 'commander'
import type { Cli, RemoteContext } from '../../cli.ts'
import { exitCodes } from '../../exit-codes.ts'
import { translated } from '../../words.ts'

export function rotateSecretsCommand(cli: Cli): Command {
  return cli.command('rotate', words).action(cli.remote(rotateSecrets))
}

export async function rotateSecrets(_options: object, context: RemoteContext): Promise<number> {
  const { client, out, language } = context
  let { keyVersion, moved, done } = await client.rotateSecrets({})
  while (!done) {
    out.note(words[language].soFar(moved))
    const next = await client.rotateSecrets({ keyVersion })
    moved += next.moved
    done = next.done
  }
  out.answer({ keyVersion, moved }, () => out.line(words[language].done(moved, keyVersion)))
  return exitCodes.ok
}

const words = translated({
  en: {
    summary: 'Encrypt all secrets with a new key, and forget the former one',
    details: 'Orders run meanwhile. The key is a file of the keys folder: copy that together with the database.',
    examples: [
      ['ikoma secret rotate', 'now'],
      ['ikoma secret rotate --json', 'as JSON'],
    ],
    soFar: (count: number) => `${count} moved so far.`,
    done: (count: number, key: number) => `${count} ${count === 1 ? 'secret' : 'secrets'} moved to key ${key}.`,
  },
  fr: {
    summary: 'Chiffrer tous les secrets avec une nouvelle clé, et oublier l’ancienne',
    details:
      'Les ordres continuent pendant ce temps. La clé est un fichier du dossier des clés : copiez-le avec la base.',
    examples: [
      ['ikoma secret rotate', 'maintenant'],
      ['ikoma secret rotate --json', 'en JSON'],
    ],
    soFar: (count) => `${count} déplacés jusqu’ici.`,
    done: (count, key) => `${count} ${count > 1 ? 'secrets déplacés' : 'secret déplacé'} vers la clé ${key}.`,
  },
})
