import { nodeName, operationText, type Program } from './operation.js'
import type { Perturbation } from './parcel.js'

/**
 * What can happen next in a world, always on one node:
 * a request finds its session and works on it, a request commits, a message arrives (in order, or the one set aside), a node's gap timer fires.
 */
export type Step =
  | { readonly kind: 'begin' | 'commit'; readonly node: number; readonly operation: number }
  | {
      readonly kind: 'deliver' | 'deliver-aside'
      readonly node: number
      readonly from: number
      readonly sentInStep: number
      readonly type: string
    }
  | { readonly kind: 'create' | 'timer'; readonly node: number }

/** A step, and what goes wrong with one of the messages that it sends. */
export interface Move {
  readonly step: Step
  readonly fault?: { readonly message: number; readonly perturbation: Perturbation }
}

/**
 * Whether two steps that are both possible, or follow each other, can change places without anybody noticing. Steps of different nodes can, unless one
 * delivers what the other sent: they share nothing but the links, and a link's two ends do not see each other. Of one node, only two requests that find their
 * session can: neither changes it. `place`: where in the path `earlier` stands.
 */
function areIndependent(earlier: Step, place: number, later: Step): boolean {
  if (earlier.node === later.node) return earlier.kind === 'begin' && later.kind === 'begin'
  return !('sentInStep' in later && later.sentInStep === place)
}

/**
 * Of all orders in which the same happens on every node, the worlds come in one: the lexicographically least (Anisimov and Knuth 1979). A step that could stand
 * before a greater one without changing anything does not come after it. Every beginning of such an order is one itself, so the search can stop early.
 */
export function keepsNormalForm(path: readonly Move[], next: Step): boolean {
  for (let place = path.length - 1; place >= 0; place--) {
    const { step } = path[place]!
    if (!areIndependent(step, place, next)) return true
    if (isGreater(step, next)) return false
  }
  return true
}

/** A total order among steps that are independent of each other. */
function isGreater(a: Step, b: Step): boolean {
  if (a.node !== b.node) return a.node > b.node
  return a.kind === 'begin' && b.kind === 'begin' && a.operation > b.operation
}

export function stepText(step: Step, { operations }: Program): string {
  const node = nodeName(step.node)
  switch (step.kind) {
    case 'begin':
      return `${node}: request ${step.operation + 1} (${operationText(operations[step.operation]!)}) begins`
    case 'commit':
      return `${node}: request ${step.operation + 1} (${operationText(operations[step.operation]!)}) commits`
    case 'deliver':
      return `${node}: ${step.type} of ${nodeName(step.from)} arrives`
    case 'deliver-aside':
      return `${node}: ${step.type} of ${nodeName(step.from)} arrives out of its order`
    case 'create':
      return `${node}: the session is created`
    case 'timer':
      return `${node}: its timer for gaps fires`
  }
}
