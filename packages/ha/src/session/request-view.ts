import { type HaError, ReservedNameError } from '../errors.js'
import type { SessionCopy } from '../manager/session-copy.js'
import type { Codec } from '../ports/codec.js'
import { ADOPTED } from '../state/adoption.js'
import {
  CREATED_AT,
  type Entry,
  hasMerged,
  isMerged,
  isProperty,
  isReservedName,
  mergedName,
  plainName,
  sameDot,
} from '../state/entry.js'
import { emptyState, entriesOf, entryOf, heardOf, type LiveState } from '../state/session-state.js'
import { emptyVector, joinVectors, type VersionVector } from '../state/version-vector.js'
import { asRefusal, assertName } from './attribute-refusal.js'
import { SchemaCodec } from './attribute-schema.js'
import { dropLocal, keepLocal, moveLocal } from './local-attributes.js'
import { mergedValue } from './merge-function.js'
import type { SessionOrigin } from './session-origin.js'
import { baseAfterCommit, changeOf, sameBytes, type WorkingAttribute, workingAttribute } from './working-attribute.js'

/** The changes of one request: what a commit is made of. */
export interface CollectedChanges {
  /** name → encoded value, or undefined for a removal. */
  readonly values: Map<string, Uint8Array | undefined>
  /** name → why it cannot be kept. */
  readonly refused: Map<string, HaError>
}

/** Stands for an attribute that the request removed. */
const REMOVED = Symbol('removed')

/**
 * What one request sees and changes of a session: the one state there was at its first look (and again after each commit), the values decoded from it, and what the
 * request made of them. What others write meanwhile does not show, and is told from what the request had seen.
 */
export class RequestView {
  readonly #origin: SessionOrigin
  readonly #working = new Map<string, WorkingAttribute>()
  /** Names that no attribute can have, under which something was written. */
  readonly #reserved = new Set<string>()
  #copy: SessionCopy | undefined
  #seen: LiveState | undefined
  #left: VersionVector = emptyVector

  constructor(origin: SessionOrigin, copy: SessionCopy | undefined) {
    this.#origin = origin
    this.#copy = copy
  }

  get copy(): SessionCopy | undefined {
    return this.#copy
  }

  /** The table has another copy of this session now: this one had been dropped and has come back, perhaps with less than this request has seen. */
  follow(copy: SessionCopy): void {
    this.#left = joinVectors(this.#left, heardOf(this.current))
    this.#copy = copy
  }

  /** What was in the copies that it has followed no longer. */
  get left(): VersionVector {
    return this.#left
  }

  /** What the copy holds now, whether this request has seen it or not. */
  get current(): LiveState {
    const state = this.#copy?.state
    return state?.kind === 'live' ? state : emptyState
  }

  attributeNames(): readonly string[] {
    const { entries } = this.#state()
    if (this.#working.size === 0 && !this.#copy?.odd.local && !hasMerged(entries)) return namesOf(entries)
    const names = new Set<string>()
    for (const e of entries)
      if (e.value !== undefined && !isProperty(e.name) && !this.#working.has(e.name)) names.add(plainName(e.name))
    for (const name of this.#copy?.odd.local?.keys() ?? []) if (!this.#working.has(name)) names.add(name)
    for (const [name, w] of this.#working) if (!isProperty(name) && w.value !== REMOVED) names.add(plainName(name))
    return [...names]
  }

  /** Decoded at the first call and the same object afterwards. */
  readAttribute(name: string): unknown {
    if (isReservedName(name)) return undefined
    if (this.#copy?.odd.local?.has(name) && !this.#working.has(name)) return this.#copy.odd.local.get(name)
    return this.read(this.#stored(name))
  }

  writeAttribute(name: string, value: unknown): void {
    if (isReservedName(name)) this.#reserved.add(name)
    else this.write(this.#stored(name), value)
  }

  removeAttribute(name: string): void {
    if (isReservedName(name)) return void this.#reserved.delete(name)
    const stored = this.#stored(name)
    if (isMerged(stored)) this.write(stored, REMOVED)
    else this.#working.set(stored, workingAttribute(REMOVED, { base: this.#base(stored), written: true }))
  }

  /** What a session was, and whose: all but how it began, by which its end is recognized. */
  removeAll(): void {
    for (const name of this.attributeNames()) this.removeAttribute(name)
    for (const { name, value } of this.#state().entries)
      if (isProperty(name) && value !== undefined && name !== CREATED_AT && name !== ADOPTED) this.write(name, REMOVED)
  }

  /** By the name in the state. */
  read(name: string): unknown {
    const known = this.#working.get(name)
    if (known) return known.value === REMOVED ? undefined : known.value
    if (isMerged(name)) return this.#readMerged(name)
    const base = this.#base(name)
    if (base?.value === undefined) return undefined
    const codec = this.#codecOf(name)
    const value = codec.decode(base.value)
    const isForeign = codec instanceof SchemaCodec && codec.isForeign(base.value) && value !== undefined
    const before = isForeign ? codec.encode(value) : undefined
    this.#working.set(name, workingAttribute(value, { base, before }))
    return value
  }

  write(name: string, value: unknown): void {
    const known = this.#working.get(name)
    if (known) {
      known.value = value
      known.written = true
    } else if (isMerged(name)) {
      this.#working.set(name, workingAttribute(value, { takenIn: this.#entries(name), written: true }))
    } else this.#working.set(name, workingAttribute(value, { base: this.#base(name), written: true }))
  }

  /** Forgets what was not committed, other than what is named. */
  reset(kept: readonly string[] = []): void {
    const attributes = kept.map(name => [name, this.#working.get(name)] as const)
    this.#working.clear()
    this.#reserved.clear()
    this.#seen = undefined
    for (const [name, attribute] of attributes) if (attribute) this.#working.set(name, attribute)
  }

  /** Forgets what was only read. What was changed stays, and what it was based on. */
  lookAgain(): void {
    this.#seen = undefined
    for (const [name, attribute] of this.#working)
      if (!attribute.written && !this.#isChanged(name, attribute)) this.#working.delete(name)
  }

  /** Names that were read or written here and that others have changed meanwhile, other than those whose values are merged. */
  overtaken(): readonly string[] {
    const { current } = this
    const isOvertaken = (name: string, { base }: WorkingAttribute) => {
      const entry = entryOf(current, name)
      return base && entry ? !sameDot(base, entry) : base !== entry
    }
    return [...this.#working].filter(([name, w]) => !isMerged(name) && isOvertaken(name, w)).map(([name]) => name)
  }

  /** Something was set that stays on this node: reason enough to keep a new session. */
  get keepsLocal(): boolean {
    return [...this.#working].some(([name, attribute]) => this.#staysHere(name, attribute))
  }

  /** These could not be kept: they go back to what they were. */
  refused(names: Iterable<string>): void {
    for (const name of names) if (!this.#reserved.delete(name)) this.#working.delete(name)
  }

  /** The entry of `name` that this request has based its value on. */
  baseOf(name: string): Entry | undefined {
    return this.#working.get(name)?.base
  }

  /** Compares what this request read or wrote with what it found. Attributes that are not replicated are stored on the copy at once. */
  collectChanges(): CollectedChanges {
    const collected: CollectedChanges = { values: new Map(), refused: new Map() }
    for (const [name, attribute] of this.#working) {
      try {
        this.#collect(name, attribute, collected.values)
      } catch (error) {
        collected.refused.set(name, asRefusal(name, error))
      }
    }
    for (const name of this.#reserved) collected.refused.set(name, new ReservedNameError(name))
    return collected
  }

  /** All attributes and properties, encoded: `collected`, what is refused of it as it was, and the rest. `createdAtMs`: for a session that does not know it, epoch ms. */
  withAll(collected: CollectedChanges, createdAtMs: number): CollectedChanges {
    this.refused(collected.refused.keys())
    for (const { name, value } of this.current.entries) {
      if (!collected.values.has(name)) collected.values.set(name, isMerged(name) ? this.#encoded(name) : value)
    }
    collected.values.delete(ADOPTED)
    for (const [name, value] of collected.values) if (value === undefined) collected.values.delete(name)
    if (!collected.values.has(CREATED_AT)) collected.values.set(CREATED_AT, this.#origin.codec.encode(createdAtMs))
    return collected
  }

  /** The commit was merged into `copy`: from now on that is what changes are compared with. */
  committed(copy: SessionCopy): void {
    if (this.#copy && this.#copy !== copy) moveLocal(this.#copy, copy)
    // What was seen under a former id never comes under this one.
    if (this.#copy?.id !== copy.id) this.#left = emptyVector
    this.#copy = copy
    this.#seen = undefined
    for (const [name, attribute] of this.#working) {
      if (attribute.value === REMOVED) this.#working.delete(name)
      else if (isMerged(name)) this.#working.set(name, this.#takenInAfterCommit(name, attribute))
      else {
        const base = baseAfterCommit(attribute, this.#base(name))
        const before = attribute.change ? undefined : attribute.before
        this.#working.set(name, workingAttribute(attribute.value, { base, before }))
      }
      if (this.#staysHere(name, attribute)) this.#keepLocal(name, attribute.value)
      else this.#dropFormer(name, attribute)
    }
  }

  #collect(name: string, attribute: WorkingAttribute, values: Map<string, Uint8Array | undefined>): void {
    if (attribute.value === REMOVED) {
      this.#dropLocal(name)
      this.#assertReplaceable(name, attribute)
      if ((attribute.takenIn ?? [attribute.base]).some(e => e?.value !== undefined))
        values.set(name, this.#withUnread(name, attribute))
    } else if (this.#staysHere(name, attribute)) {
      this.#keepLocal(name, attribute.value)
    } else {
      assertName(name)
      attribute.change = changeOf(attribute, this.#codecOf(name))
      if (!attribute.change) this.#dropFormer(name, attribute)
      if (attribute.change) this.#assertReplaceable(name, attribute)
      if (attribute.change) values.set(name, this.#withUnread(name, attribute) ?? attribute.change)
    }
  }

  /** Another request may have written under a merged name since this one looked: what it wrote goes into the commit as well, and is what a removal leaves. */
  #withUnread(name: string, { takenIn, value }: WorkingAttribute): Uint8Array | undefined {
    if (!takenIn) return undefined
    const { codec, mergeOf } = this.#origin
    const merge = mergeOf(plainName(name))
    const unread = entriesOf(this.current, name).filter(e => !takenIn.some(known => sameDot(known, e)))
    if (!merge || !unread.some(e => e.value !== undefined)) return undefined
    const mine = value === REMOVED ? [] : [{ ...unread[0]!, value: codec.encode(value) }]
    return codec.encode(mergedValue([...mine, ...unread], codec, merge))
  }

  /** The request's value includes what it had read and what it wrote, but not what others wrote meanwhile, which only the commit has taken in. */
  #takenInAfterCommit(name: string, attribute: WorkingAttribute): WorkingAttribute {
    const { base, takenIn = [], value, change } = attribute
    const isWholly = change && !this.#entries(name).some(e => !sameBytes(e.value, change))
    const known = isWholly ? [...takenIn, ...this.#entries(name)] : takenIn
    return workingAttribute(value, { base, takenIn: known, before: change ?? attribute.before })
  }

  /** Its type may be one that is replicated, where that of the value before was not. That one is kept until this one is. */
  #dropFormer(name: string, { written }: WorkingAttribute): void {
    if (written) this.#dropLocal(name)
  }

  #isChanged(name: string, attribute: WorkingAttribute): boolean {
    try {
      return changeOf(attribute, this.#codecOf(name)) !== undefined
    } catch {
      return true
    }
  }

  #keepLocal(name: string, value: unknown): void {
    if (this.#copy) keepLocal(this.#copy, name, value, this.#origin.bindings)
  }

  #dropLocal(name: string): void {
    if (this.#copy) dropLocal(this.#copy, name, this.#origin.bindings)
  }

  #readMerged(name: string): unknown {
    const takenIn = this.#entries(name)
    const value = mergedValue(takenIn, this.#origin.codec, this.#origin.mergeOf(plainName(name)))
    if (value === undefined) return undefined
    const before = this.#origin.codec.encode(value)
    this.#working.set(name, workingAttribute(value, { takenIn, before }))
    return value
  }

  /** The name under which an attribute stands in the state. */
  #stored(name: string): string {
    if (!this.#origin.mergeOf(name) && !hasMerged(this.#state().entries)) return name
    const merged = mergedName(name)
    return this.#origin.mergeOf(name) || entryOf(this.#state(), merged) ? merged : name
  }

  /** Of what has no version of its own: as it is. */
  #codecOf(name: string): Codec {
    return isReservedName(name) ? this.#origin.codec : (this.#origin.codecOf?.(name) ?? this.#origin.codec)
  }

  /** Also against what has come since this request looked. */
  #assertReplaceable(name: string, { base }: WorkingAttribute): void {
    if (isReservedName(name)) return
    for (const entry of [base, entryOf(this.current, name)])
      this.#origin.codecOf?.(name).assertReplaceable(entry?.value)
  }

  #entries(name: string): readonly Entry[] {
    return entriesOf(this.#state(), name)
  }

  #encoded(name: string): Uint8Array | undefined {
    const entries = entriesOf(this.current, name)
    const value = mergedValue(entries, this.#origin.codec, this.#origin.mergeOf(plainName(name)))
    return value === undefined ? undefined : this.#origin.codec.encode(value)
  }

  #base(name: string): Entry | undefined {
    return entryOf(this.#state(), name)
  }

  #state(): LiveState {
    this.#seen ??= this.current
    return this.#seen
  }

  /** Excluded from replication by a filter. */
  #staysHere(name: string, attribute: WorkingAttribute): boolean {
    return (
      attribute.value !== REMOVED && !isProperty(name) && !this.#origin.isReplicated(plainName(name), attribute.value)
    )
  }
}

/** Of plain attributes, each of which has one entry. */
function namesOf(entries: readonly Entry[]): readonly string[] {
  const names: string[] = []
  for (const { name, value } of entries) if (value !== undefined && !isProperty(name)) names.push(name)
  return names
}
