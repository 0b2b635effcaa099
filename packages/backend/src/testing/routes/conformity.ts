import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { ApiDocument, Operation } from './document.ts'

export interface Answer {
  status: number
  text: string
  contentType: string
  headers: Record<string, unknown>
}

/** What is wrong with an answer by what the document says of its route; of a path that is none, of its errors. */
export type Conformity = (answer: Answer & { isHead: boolean }, operation: Operation | null) => string[]

export function createConformity(document: ApiDocument): Conformity {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ;(ajvFormats as unknown as (to: Ajv2020) => void)(ajv)
  ajv.addSchema({ ...document.root, $id: 'app' })
  const compiled = new Map<string, ValidateFunction>()
  const validator = (operation: Operation, status: number, contentType: string): ValidateFunction => {
    const method = operation.method === 'HEAD' ? 'get' : operation.method.toLowerCase()
    const place = ['paths', operation.path, method, 'responses', String(status), 'content', contentType, 'schema']
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `app#/${pointer}` })
    compiled.set(pointer, validate)
    return validate
  }
  const withErrors = document.operations.find(({ responses }) => responses?.['400']?.content)
  return (answer, operation) => {
    const { status } = answer
    const described = operation ?? withErrors ?? null
    // What no route answered has the shape of any other error.
    const declared = described?.responses?.[operation ? String(status) : '400']
    const who = operation?.name ?? 'what is no route'
    if (!described) return [`${who}: no route of the document declares its errors`]
    if (described.responses === null) return [`${who} is not in the document: leave out schema.hide`]
    if (!declared) return [`${who} answered ${status}, which its document does not declare: ${cure(status)}`]
    if (answer.isHead) return answer.text === '' ? [] : [`${who} answered HEAD with a body`]
    const types = Object.keys(declared.content ?? {})
    if (types.length === 0)
      return answer.text === '' ? [] : [`${who} answered ${status} with a body that is not declared`]
    const type = types.find((each) => each === answer.contentType)
    if (type === undefined) return [`${who} answered ${status} as "${answer.contentType}", not as ${types.join(', ')}`]
    const value = type.includes('json') ? parsed(answer.text) : answer.text
    if (value === undefined)
      return answer.text === '' && status === 204 ? [] : [`${who} answered ${status} with no JSON`]
    const validate = validator(described, operation ? status : 400, type)
    if (validate(value)) return []
    const told = (validate.errors ?? []).slice(0, 3).map(({ instancePath, message, params }) => {
      return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`
    })
    return [`${who} answered ${status} in another shape than its document's: ${told.join('; ')}`]
  }
}

function cure(status: number): string {
  return status >= 400 ? 'add it to the route’s config.errors' : 'add it to its schema.response'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
