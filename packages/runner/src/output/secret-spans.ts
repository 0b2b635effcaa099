import { mergedSpans, type Span, secretSpans } from '@ikoma/kernel'
import type { TornForms } from './torn-forms.ts'

/** The spellings of known secrets. */
export interface KnownForms {
  forms: readonly string[]
  torn: TornForms
}

/** What must be hidden in `text`, in order, overlaps merged. */
export function findSpans(text: string, { forms, torn }: KnownForms): Span[] {
  return mergedSpans([...formSpans(text, forms), ...torn.spans(text), ...secretSpans(text)])
}

function* formSpans(text: string, forms: readonly string[]): Generator<Span> {
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
      yield { from: at, hideFrom: at, to: at + form.length }
    }
  }
}
