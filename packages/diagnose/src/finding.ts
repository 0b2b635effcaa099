import type { OrderTypeName } from '@ikoma/api'

export interface Words {
  en: string
  fr: string
}

export interface OrderToPlace {
  type: OrderTypeName
  payload: Readonly<Record<string, unknown>>
}

export interface Mend {
  advice: Words
  /** The order that would mend it; null where a person has to. */
  order: OrderToPlace | null
}

/** `certain`: seen as it is now. `likely`: a log says so. `possible`: worth a look. */
export type Confidence = 'certain' | 'likely' | 'possible'

export interface Finding {
  /** What people notice. */
  symptom: Words
  cause: Words
  confidence: Confidence
  /** What shows it, in lines as they were seen. */
  evidence: readonly string[]
  mend: Mend
  /** When a log last said so; of two that are equally sure, the newer is the nearer to the trouble. */
  at?: number | null
}

export interface RankedFinding extends Finding {
  /** The rule that found it. */
  rule: string
  /** The rule whose finding explains this one: mend that first. */
  consequenceOf: string | null
}
