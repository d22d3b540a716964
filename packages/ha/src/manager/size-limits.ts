import type { Logger } from '@clowder/tribes'
import { AttributeTooLargeError, type HaError, SessionTooLargeError, TooManyAttributesError } from '../errors.js'
import type { SessionLabel } from '../ports/session-label.js'
import type { CollectedChanges } from '../session/request-view.js'
import { type Entry, isProperty, plainName } from '../state/entry.js'
import { entriesOf, type LiveState } from '../state/session-state.js'

export interface SizeLimitsOptions {
  readonly maxSessionBytes: number
  readonly maxAttributes: number
  /** < 0: no limit but that of the session. */
  readonly maxAttributeBytes: number
  /** Called when a commit makes a session larger than this; < 0: never. */
  readonly warnSessionBytes: number
}

export interface SizeLimitsComponents {
  readonly logger: Logger
  readonly sessionLabel?: SessionLabel | undefined
}

/**
 * So much of an attribute's name and stamps, and of those of removed ones, costs a session nothing; the rest counts as its values do. A session must fit a frame, and beside its values there are 64 KB for these, for
 * its writers and for headers (see contradictions of options): otherwise it would be given to nobody.
 */
const FREE_BYTES = 60 * 1024
/** Beside its name and its value an entry takes about this. */
const ENTRY_BYTES = 16

/** How large a session may become by a commit. */
export class SizeLimits {
  /** Sessions that have grown past `warnSessionBytes`. */
  large = 0
  readonly #components: SizeLimitsComponents
  readonly #limits: SizeLimitsOptions

  constructor(components: SizeLimitsComponents, limits: SizeLimitsOptions) {
    this.#components = components
    this.#limits = limits
  }

  /** Takes out what would make the session larger than allowed, attribute by attribute. What shrinks it is always allowed. */
  limited(id: string, state: LiveState, changes: CollectedChanges): CollectedChanges {
    if (changes.values.size === 0) return changes
    const before = sizeOf(state.entries)
    let size = before
    // What makes room goes first, whatever the order in which the request did it.
    const growths: Growth[] = []
    for (const [name, value] of changes.values) growths.push({ name, growth: growthOf(name, value, state) })
    if (growths.length > 1) growths.sort(inOrderOfNeed)
    for (const { name, growth } of growths) {
      const grown = sumOf(size, growth)
      const error = this.#errorOf(name, growth, grown, changes.values.get(name))
      if (error) {
        changes.refused.set(name, error)
        changes.values.delete(name)
      } else size = grown
    }
    this.#warn(id, before, size)
    return changes
  }

  /** When it grows past the mark, not each time. */
  #warn(id: string, before: Size, after: Size): void {
    const { warnSessionBytes } = this.#limits
    if (warnSessionBytes < 0 || after.bytes <= warnSessionBytes || before.bytes > warnSessionBytes) return
    this.large++
    const text = 'A session has grown larger than manager.warnSessionBytes; cluster.sessions.largest() lists such.'
    const { logger, sessionLabel } = this.#components
    logger.warn({ bytes: after.bytes, session: sessionLabel?.(id) }, text)
  }

  #errorOf(name: string, growth: Size, grown: Size, value: Uint8Array | undefined): HaError | undefined {
    const { maxSessionBytes, maxAttributes, maxAttributeBytes } = this.#limits
    // The session's own properties are few and small, and it cannot do without.
    if (isProperty(name)) return undefined
    if (value && growth.bytes > 0 && maxAttributeBytes >= 0 && value.length > maxAttributeBytes)
      return new AttributeTooLargeError(plainName(name), value.length, maxAttributeBytes)
    const bytes = grown.bytes + Math.max(0, grown.besideBytes - FREE_BYTES)
    if (growth.bytes > 0 && bytes > maxSessionBytes)
      return new SessionTooLargeError(plainName(name), bytes, maxSessionBytes)
    if (growth.attributes > 0 && grown.attributes > maxAttributes)
      return new TooManyAttributesError(plainName(name), maxAttributes)
    return undefined
  }
}

interface Size {
  /** Of values. */
  readonly bytes: number
  /** Of names and stamps. */
  readonly besideBytes: number
  readonly attributes: number
}

interface Growth {
  readonly name: string
  readonly growth: Size
}

function sizeOf(entries: readonly Pick<Entry, 'name' | 'value'>[]): Size {
  let bytes = 0
  let besideBytes = 0
  let attributes = 0
  let last: string | undefined
  for (const { name, value } of entries) {
    besideBytes += name.length + ENTRY_BYTES
    if (value === undefined) continue
    bytes += value.length
    // Several entries in a row are the parts of one that is merged.
    if (!isProperty(name) && name !== last) attributes++
    last = name
  }
  return { bytes, besideBytes, attributes }
}

function growthOf(name: string, value: Uint8Array | undefined, state: LiveState): Size {
  const before = sizeOf(entriesOf(state, name))
  const after = sizeOf([{ name, value }])
  return {
    bytes: after.bytes - before.bytes,
    besideBytes: after.besideBytes - before.besideBytes,
    attributes: after.attributes - before.attributes,
  }
}

/** The session's own properties come first, then what makes room. */
function inOrderOfNeed(a: Growth, b: Growth): number {
  return Number(isProperty(b.name)) - Number(isProperty(a.name)) || a.growth.bytes - b.growth.bytes
}

function sumOf(a: Size, b: Size): Size {
  return {
    bytes: a.bytes + b.bytes,
    besideBytes: a.besideBytes + b.besideBytes,
    attributes: a.attributes + b.attributes,
  }
}
