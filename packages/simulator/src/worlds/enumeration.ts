import { type BrokenWorld, Explorer } from './explorer.js'
import { type OperationKind, type ProgramSpace, programsOf } from './operation.js'
import { PERTURBATIONS, type Perturbation } from './parcel.js'

/** The operations of which every choice is tried: what a request can do to a session. */
export const REQUEST_KINDS: readonly OperationKind[] = ['set', 'remove', 'destroy', 'regenerate', 'touch']
/** Also a second attribute, and tables that are compared while requests run. */
export const ALL_KINDS: readonly OperationKind[] = [...REQUEST_KINDS, 'add', 'compare']
/** How far the nodes' wall clocks are ahead, ms. `wrong`: further than another node follows. */
export const CLOCKS = { uneven: [0, 30, -30], even: [], wrong: [0, 3_600_000, 0] } as const

export interface EnumerationOptions {
  readonly nodes: number
  /** Of a session that all nodes have. */
  readonly operations: number
  /** Of one that has just been created: its creation is one more; 0: no such worlds. */
  readonly freshOperations: number
  readonly kinds: readonly OperationKind[]
  /** @default all */
  readonly perturbations?: readonly Perturbation[]
  /** @default 'uneven' */
  readonly clocks?: keyof typeof CLOCKS
  /** One part of so many, from 1: to share the work among processes. */
  readonly part?: { readonly number: number; readonly of: number }
  readonly progress?: (soFar: EnumerationResult) => void
}

export interface EnumerationResult {
  readonly programs: number
  readonly worlds: number
  /** Worlds in which a message was lost, doubled or delayed; in the others nothing went wrong. */
  readonly perturbed: number
  readonly steps: number
  readonly broken: readonly BrokenWorld[]
}

/** Every world there is within the bounds, none twice and none left out. */
export async function enumerateWorlds(options: EnumerationOptions): Promise<EnumerationResult> {
  const { nodes, kinds, perturbations = PERTURBATIONS, clocks = 'uneven' } = options
  const { part = { number: 1, of: 1 }, progress = () => {} } = options
  const explorer = new Explorer({ nodes, skewsMs: CLOCKS[clocks], perturbations })
  let seen = 0
  let programs = 0
  const result = () => ({
    programs,
    worlds: explorer.worlds,
    perturbed: explorer.perturbed,
    steps: explorer.steps,
    broken: explorer.broken,
  })
  for (const space of spacesOf(options, nodes, kinds)) {
    for (const program of programsOf(space)) {
      if (seen++ % part.of !== part.number - 1) continue
      programs++
      await explorer.explore(program)
      progress(result())
    }
  }
  return result()
}

function spacesOf(
  options: EnumerationOptions,
  nodes: number,
  kinds: readonly OperationKind[],
): readonly ProgramSpace[] {
  const { operations, freshOperations } = options
  const old = { nodes, kinds, operations, isFresh: false }
  return freshOperations > 0 ? [old, { nodes, kinds, operations: freshOperations, isFresh: true }] : [old]
}
