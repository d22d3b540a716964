/** Where two runs of one seed first were not the same. */
export interface TraceDifference {
  /** From 0. */
  readonly index: number
  readonly a: string | undefined
  readonly b: string | undefined
}

/**
 * I14. Same seed, same commit → same trace. Compares two traces line by line (texts, or anything that JSON can write) and tells the first difference; undefined
 * when there is none. A run that is longer than the other differs where the other has ended.
 */
export function sameTrace(a: Iterable<unknown>, b: Iterable<unknown>): TraceDifference | undefined {
  const others = b[Symbol.iterator]()
  let index = 0
  for (const item of a) {
    const other = others.next()
    const line = lineOf(item)
    const otherLine = other.done ? undefined : lineOf(other.value)
    if (line !== otherLine) return { index, a: line, b: otherLine }
    index++
  }
  const rest = others.next()
  return rest.done ? undefined : { index, a: undefined, b: lineOf(rest.value) }
}

function lineOf(item: unknown): string {
  return typeof item === 'string' ? item : JSON.stringify(item)
}
