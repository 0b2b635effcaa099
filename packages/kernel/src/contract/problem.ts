export interface Sentence {
  en: string
  fr: string
}

export type ProblemCode =
  | 'environment_unknown'
  | 'missing'
  | 'choice_missing'
  | 'malformed'
  | 'too_short'
  | 'too_long'
  | 'too_small'
  | 'too_large'
  | 'not_one_of'
  | 'pattern'
  | 'not_constant'
  | 'example_value'
  | 'weak'

/** One thing that is wrong with a variable. It never holds the variable's value. */
export interface Problem {
  variable: string
  code: ProblemCode
  message: Sentence
  /** The name of a variable that was set, and is one slip away from this one. */
  hint?: string
}

/** The whole sentence, that begins with the variable's name. */
export function problemOf(variable: string, code: ProblemCode, says: Sentence, hint?: string): Problem {
  const message = {
    en: `${variable} ${says.en}${hint === undefined ? '' : `; is it what ${hint} was meant to be?`}`,
    fr: `${variable} ${says.fr}${hint === undefined ? '' : ` ; est-ce ce que ${hint} devait être ?`}`,
  }
  return { variable, code, message, ...(hint === undefined ? {} : { hint }) }
}
