/**
 * What one request does to the session: `set` and `remove` write the attribute `x`, `add` the attribute `y`; `touch` only uses the session.
 * `compare`: the node begins to compare its whole table with the next one.
 */
export type OperationKind = 'set' | 'add' | 'remove' | 'destroy' | 'regenerate' | 'touch' | 'compare'

export interface Operation {
  readonly kind: OperationKind
  /** The node that serves the request, from 0. */
  readonly node: number
}

/** A few requests, in no order: which comes first is what the worlds differ in. */
export interface Program {
  readonly operations: readonly Operation[]
  /** True: no node has the session yet but the first, where it has just been created; the others are still to hear of it. */
  readonly isFresh: boolean
}

export interface ProgramSpace {
  readonly kinds: readonly OperationKind[]
  readonly nodes: number
  readonly operations: number
  readonly isFresh: boolean
}

/** Every choice of so many operations, each on any node. Operations have no order among each other, so each set of them comes once. */
export function* programsOf({ kinds, nodes, operations, isFresh }: ProgramSpace): Generator<Program> {
  const choices: Operation[] = []
  for (const kind of kinds) for (let node = 0; node < nodes; node++) choices.push({ kind, node })
  for (const chosen of choicesOf(choices, operations, 0)) yield { operations: chosen, isFresh }
}

export function operationText({ kind, node }: Operation): string {
  return `${kind}@${nodeName(node)}`
}

export function programText({ operations, isFresh }: Program): string {
  return (isFresh ? 'fresh: ' : '') + operations.map(operationText).join(' ')
}

export function nodeName(node: number): string {
  return 'abcdefgh'[node]!
}

function* choicesOf(choices: readonly Operation[], count: number, from: number): Generator<readonly Operation[]> {
  if (count === 0) {
    yield []
    return
  }
  for (let i = from; i < choices.length; i++)
    for (const rest of choicesOf(choices, count - 1, i)) yield [choices[i]!, ...rest]
}
