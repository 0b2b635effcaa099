import { translated } from '../../words.ts'

export const serverWords = translated({
  en: {
    args: { server: 'name or id of a server' },
    withoutRunner: (name: string) =>
      `"${name}" has no runner yet. Invite one: ikoma runner invite --server ${name}, or: ikoma server attach ${name} <runner>`,
    attached: (name: string, runner: string) => `Orders for "${name}" now go to runner "${runner}".`,
  },
  fr: {
    args: { server: 'nom ou id d’un serveur' },
    withoutRunner: (name) =>
      `« ${name} » n’a pas encore de runner. Invitez-en un : ikoma runner invite --server ${name}, ou : ikoma server attach ${name} <runner>`,
    attached: (name, runner) => `Les ordres pour « ${name} » vont désormais au runner « ${runner} ».`,
  },
})
