import { Secret } from '@ikoma/kernel'
import type { Contract, Value } from '@ikoma/kernel/contract'

/**
 * The variables of a contract as they mean it. `find` answers null for one that is not set, the others throw. To ask for a
 * name that the contract has not got, for a secret as a text, or for a text as a number, is a mistake of the program.
 */
export class Config {
  readonly environment: string
  readonly #contract: Contract
  readonly #values: Record<string, Value>

  constructor(contract: Contract, environment: string, values: Record<string, Value>) {
    this.environment = environment
    this.#contract = contract
    this.#values = values
  }

  /** Whether the contract has the variable. */
  knows(name: string): boolean {
    return Object.hasOwn(this.#contract.variables, name)
  }

  text(name: string): string {
    return this.#get(name, this.findText(name))
  }

  number(name: string): number {
    return this.#get(name, this.findNumber(name))
  }

  boolean(name: string): boolean {
    return this.#get(name, this.findBoolean(name))
  }

  list(name: string): string[] {
    return this.#get(name, this.findList(name))
  }

  secret(name: string): Secret {
    return this.#get(name, this.findSecret(name))
  }

  findText(name: string): string | null {
    const value = this.#valueOf(name, false)
    return value === undefined ? null : typeof value === 'string' ? value : wrongType(name, 'text')
  }

  findNumber(name: string): number | null {
    const value = this.#valueOf(name, false)
    return value === undefined ? null : typeof value === 'number' ? value : wrongType(name, 'number')
  }

  findBoolean(name: string): boolean | null {
    const value = this.#valueOf(name, false)
    return value === undefined ? null : typeof value === 'boolean' ? value : wrongType(name, 'boolean')
  }

  findList(name: string): string[] | null {
    const value = this.#valueOf(name, false)
    return value === undefined ? null : Array.isArray(value) ? [...value] : wrongType(name, 'list')
  }

  findSecret(name: string): Secret | null {
    const value = this.#valueOf(name, true)
    return value === undefined ? null : new Secret(String(value))
  }

  #valueOf(name: string, secret: boolean): Value | undefined {
    const variable = Object.hasOwn(this.#contract.variables, name) ? this.#contract.variables[name] : undefined
    if (!variable) throw new Error(`${name} is not in the environment contract`)
    if (variable.secret !== secret) throw new Error(`${name} is ${variable.secret ? 'a' : 'no'} secret in the contract`)
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
  }

  #get<T>(name: string, value: T | null): T {
    if (value === null) throw new Error(`${name} is not set in ${this.environment}: the contract does not require it`)
    return value
  }
}

function wrongType(name: string, type: string): never {
  throw new Error(`${name} is no ${type}: its format in the contract says otherwise`)
}
