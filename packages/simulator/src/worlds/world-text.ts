import type { BrokenWorld } from './explorer.js'
import { programText } from './operation.js'
import { type Move, stepText } from './step.js'

/** A broken world as people read it: what was asked for, what happened in which order, what it broke. */
export function worldText({ program, path, broken }: BrokenWorld): string {
  const steps = path.map(move => `    ${moveText(move, program)}`)
  return [`  ${programText(program)}`, ...steps, ...broken.map(text => `  → ${text}`)].join('\n')
}

function moveText({ step, fault }: Move, program: BrokenWorld['program']): string {
  const text = stepText(step, program)
  return fault ? `${text}; its message ${fault.message + 1} is ${fault.perturbation}` : text
}

/** Of each kind of breach, ids and values aside, the worlds with the shortest path. */
export function shortestOfEachKind(
  worlds: readonly BrokenWorld[],
): ReadonlyMap<string, { readonly world: BrokenWorld; readonly times: number }> {
  const kinds = new Map<string, { world: BrokenWorld; times: number }>()
  for (const world of worlds) {
    for (const kind of new Set(world.broken.map(kindOf))) {
      const known = kinds.get(kind)
      if (!known) kinds.set(kind, { world, times: 1 })
      else {
        known.times++
        if (world.path.length < known.world.path.length) known.world = world
      }
    }
  }
  return kinds
}

/** Hexadecimal states, names of nodes and sessions, and values are what worlds of one kind differ in. */
function kindOf(text: string): string {
  return text
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{20,}\b/g, '…')
    .replace(/\bs\d*\b/g, 's')
    .replace(/\b[abc]\b/g, 'a node')
    .replace(/\b\d+ was/g, 'n was')
    .replace(/\bnothing was/g, 'n was')
    .replace(/and \S+ dropped/g, 'and n dropped')
}
