import type { Logger } from '@clowder/tribes'

export interface ReplicationFilterOptions {
  readonly sessionAttributeNameFilter?: RegExp
  readonly sessionAttributeValueTypeFilter?: RegExp
  readonly warnOnSessionAttributeFilterFailure: boolean
}

/** Names that are warned of once each; what has more names than this has them by the user or by the day. */
const MAX_WARNED = 1_000

/** Which attributes leave this node. */
export class ReplicationFilter {
  readonly #logger: Logger
  readonly #options: ReplicationFilterOptions
  readonly #warned = new Set<string>()

  constructor({ logger }: { readonly logger: Logger }, options: ReplicationFilterOptions) {
    this.#logger = logger
    this.#options = options
  }

  isReplicated(name: string, value: unknown): boolean {
    const { sessionAttributeNameFilter: names, sessionAttributeValueTypeFilter: types } = this.#options
    if (names && !isMatch(names, name)) return this.#keptBack(name, 'sessionAttributeNameFilter')
    return !types || isMatch(types, typeName(value)) || this.#keptBack(name, 'sessionAttributeValueTypeFilter')
  }

  #keptBack(name: string, filter: string): false {
    const isNews = this.#options.warnOnSessionAttributeFilterFailure && !this.#warned.has(name)
    if (!isNews || this.#warned.size >= MAX_WARNED) return false
    this.#warned.add(name)
    const text = `Session attribute [${name}] is not replicated: manager.${filter} does not match. Other members will never see it.`
    this.#logger.warn({ attribute: name, filter }, text)
    return false
  }
}

/** `search` and not `test`: an expression with the flag `g` would remember where it stopped. */
function isMatch(filter: RegExp, text: string): boolean {
  return text.search(filter) >= 0
}

/** `string`, `number`, …, or a constructor's name (`Object`, `Array`, `Date`, `Map`). */
function typeName(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? String(value.constructor?.name ?? 'Object') : typeof value
}
