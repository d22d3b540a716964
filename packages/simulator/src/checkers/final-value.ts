import type { CopyEvent } from '../history/history-event.js'
import type { FinalCopy } from './final-copies.js'
import type { Cell, HeldWrite } from './ledger.js'
import type { SessionFates } from './session-fates.js'
import type { Write, WriteForest } from './write-forest.js'

type Value = NonNullable<CopyEvent['values']>[string]

/** Something that was promised to last and did not. */
export interface Loss {
  readonly lost: HeldWrite
  /** A sentence's end: what is there instead. */
  readonly found: string
}

/** What may be found at the end under one name of one session. */
export interface FinalValueComponents {
  readonly forest: WriteForest
  readonly fates: SessionFates
  /** Removals of a session that its data had before its id changed count as well. */
  readonly removalsOf: (session: string, name: string) => readonly Write[]
}

/**
 * The losses among `held`, all of which must have lasted, when `value` is what is there at the end.
 *
 * The protocol keeps of two writes the greater of one total order in which whoever has seen another is greater. So what is there at the end must not be anything
 * that one of the writes to be kept had replaced knowingly; what neither knows of the other may have won. Nothing at all may be there only if somebody removed
 * it, by a removal that none of these writes had replaced.
 */
export function lossesOf(
  cell: Cell,
  held: readonly HeldWrite[],
  value: Value | undefined,
  components: FinalValueComponents,
): readonly Loss[] {
  if (cell.isMerged || Array.isArray(value)) return mergedLosses(cell, held, asList(value), components)
  return value == null ? lossesToNothing(cell, held, components) : lossesTo(held, value as number, components)
}

/** The distinct values that the live copies show; a copy that shows none at all is left out. */
export function valuesOf(copies: readonly FinalCopy[], name: string): readonly (Value | undefined)[] {
  const shown = copies.filter(({ copy }) => copy.standing === 'live' && copy.values)
  const values = shown.map(({ copy }) => copy.values![name] ?? null)
  return [...new Map(values.map(value => [JSON.stringify(value), value])).values()]
}

function lossesTo(held: readonly HeldWrite[], version: number, { forest }: FinalValueComponents): readonly Loss[] {
  const there = forest.of(version)
  const lost = held.filter(({ write }) => forest.isBefore(there, write))
  return lost.map(l => ({ lost: l, found: `${version} is there, which it had replaced` }))
}

function lossesToNothing(cell: Cell, held: readonly HeldWrite[], components: FinalValueComponents): readonly Loss[] {
  const { forest, fates, removalsOf } = components
  if (fates.isObscure(cell.session)) return []
  const removals = removalsOf(cell.session, cell.name)
  const isReplaced = (removal: Write) => held.some(({ write }) => forest.isBefore(removal, write))
  if (removals.some(removal => !isReplaced(removal))) return []
  const found =
    removals.length === 0
      ? 'nothing is there and nobody has removed it'
      : 'nothing is there, by a removal that it had replaced'
  return held.filter(({ isRemoval }) => !isRemoval).map(lost => ({ lost, found }))
}

/** Under a merge function all stay that nobody has taken out. */
function mergedLosses(
  cell: Cell,
  held: readonly HeldWrite[],
  values: readonly number[],
  { forest, fates, removalsOf }: FinalValueComponents,
): readonly Loss[] {
  if (fates.isObscure(cell.session) || removalsOf(cell.session, cell.name).length > 0) return []
  const isThere = (write: Write) => {
    const version = forest.versionOf(write)
    return version === null || values.includes(version) || cell.replaced.has(version)
  }
  return held.filter(({ write }) => !isThere(write)).map(lost => ({ lost, found: `[${values.join(', ')}] is there` }))
}

function asList(value: Value | undefined): readonly number[] {
  if (value == null) return []
  return typeof value === 'number' ? [value] : value
}
