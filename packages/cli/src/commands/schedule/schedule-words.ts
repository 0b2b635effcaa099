import { translated } from '../../words.ts'

export const scheduleWords = translated({
  en: {
    args: { schedule: 'name or id of a schedule' },
    paused: (name: string) => `Schedule "${name}" is paused. Resume it: ikoma schedule resume ${name}`,
  },
  fr: {
    args: { schedule: 'nom ou id d’une planification' },
    paused: (name) => `La planification « ${name} » est en pause. Pour la reprendre : ikoma schedule resume ${name}`,
  },
})
