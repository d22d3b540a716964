export interface ReplicationFilterOptions {
  readonly sessionAttributeNameFilter?: RegExp
  readonly sessionAttributeValueTypeFilter?: RegExp
}

/** Whether an attribute leaves this node. `search` and not `test`: an expression with the flag `g` would remember where it stopped. */
export function isReplicated(options: ReplicationFilterOptions, name: string, value: unknown): boolean {
  const { sessionAttributeNameFilter, sessionAttributeValueTypeFilter } = options
  if (sessionAttributeNameFilter && name.search(sessionAttributeNameFilter) < 0) return false
  return !sessionAttributeValueTypeFilter || typeName(value).search(sessionAttributeValueTypeFilter) >= 0
}

/** `string`, `number`, …, or a constructor's name (`Object`, `Array`, `Date`, `Map`). */
function typeName(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? String(value.constructor?.name ?? 'Object') : typeof value
}
