import { type HaError, SessionInvalidatedError, UnserializableValueError } from '../errors.js'
import type { SessionCopy } from '../manager/session-copy.js'
import type { Codec } from '../ports/codec.js'
import {
  CREATED_AT,
  type Entry,
  isMerged,
  isProperty,
  mergedName,
  plainName,
  propertyName,
  sameDot,
} from '../state/entry.js'
import { MAX_NAME_BYTES } from '../state/packed-state.js'
import { emptyState, entriesOf, entryOf, heardOf, type LiveState } from '../state/session-state.js'
import { emptyToken, tokenOf, type VersionToken, withUncovered } from '../state/version-token.js'
import { counterOf } from '../state/version-vector.js'
import { type MergeFunction, mergedValue } from './merge-function.js'
import { baseAfterCommit, changeOf, sameBytes, type WorkingAttribute } from './working-attribute.js'

const MAX_INACTIVE = propertyName('maxInactiveInterval')

/** What a session object needs from whoever made it. */
export interface SessionOrigin {
  readonly codec: Codec
  newSessionId(): string
  /** Epoch milliseconds, now. */
  wallTime(): number
  /** Epoch milliseconds of a monotonic time of this node. */
  wallTimeOf(monotonicMs: number): number
  readonly maxInactiveIntervalSeconds: number
  /** How two values of this attribute, written without knowledge of each other, become one; undefined: one of them stays. */
  mergeOf(name: string): MergeFunction | undefined
  /** False: the attribute stays on this node (sessionAttributeNameFilter, sessionAttributeValueTypeFilter). */
  isReplicated(name: string, value: unknown): boolean
}

/** The changes of one request: what a commit is made of. */
export interface CollectedChanges {
  /** name → encoded value, or undefined for a removal. */
  readonly values: Map<string, Uint8Array | undefined>
  /** name → why it cannot be kept. */
  readonly refused: Map<string, HaError>
}

/**
 * One request's working copy of a session, with Tomcat's verbs. Nothing leaves this node before `Manager.requestCompleted`. Each request has its own,
 * so that what it changed can be told from what another request changed meanwhile.
 */
export class DeltaSession {
  readonly #origin: SessionOrigin
  readonly #working = new Map<string, WorkingAttribute>()
  #copy: SessionCopy | undefined
  /** The state that this request sees: the one there was at its first look, and again after each commit. */
  #view: LiveState | undefined
  #id: string
  #replaces: string | undefined
  #adoptedId: string | undefined
  #ended: 'no' | 'here' | 'known' = 'no'
  /** What the client has seen although this node's copy may not include it. */
  #seen: VersionToken = emptyToken

  /** `copy` is absent for a session that does not exist yet; `replaces` is the id that dies with the first commit. */
  constructor(origin: SessionOrigin, id: string, copy?: SessionCopy, replaces?: string) {
    this.#origin = origin
    this.#id = id
    this.#copy = copy
    this.#replaces = replaces
    if (!copy) this.#write(CREATED_AT, origin.wallTime())
  }

  /**
   * A session that exists, as its client's cookie says, and of which nobody within reach has a copy: begins empty, and is merged with what it was when that is
   * in reach again. It is not created here.
   */
  static adopted(origin: SessionOrigin, id: string, seen: VersionToken): DeltaSession {
    const session = new DeltaSession(origin, id)
    session.#working.clear()
    session.#adoptedId = id
    return session.isOlderThan(seen)
  }

  /** The id under which it was adopted. */
  get adoptedId(): string | undefined {
    return this.#adoptedId
  }

  /** Changes with `changeSessionId`. */
  get id(): string {
    return this.#id
  }

  /** True until its first commit. */
  get isNew(): boolean {
    return this.#copy === undefined
  }

  /** False after `invalidate`, or when the session has been invalidated elsewhere. */
  get isValid(): boolean {
    return this.#ended === 'no' && this.#copy?.kind !== 'dead'
  }

  /** True when a commit would find something besides the session's mere existence. Encodes what was read. */
  get isDirty(): boolean {
    if (this.#ended === 'here' || (this.#replaces !== undefined && !this.isNew)) return true
    const { values, refused } = this.collectChanges()
    return refused.size > 0 || [...values.keys()].some(name => !this.isNew || name !== CREATED_AT)
  }

  /** Epoch milliseconds. */
  get creationTime(): number {
    return Number(this.#read(CREATED_AT) ?? this.#origin.wallTime())
  }

  /** Epoch milliseconds of the last use that this node knows of. */
  get lastAccessedTime(): number {
    return this.#copy ? this.#origin.wallTimeOf(this.#copy.accessedAtMs) : this.creationTime
  }

  /** Seconds; ≤ 0: never expires. */
  get maxInactiveInterval(): number {
    return Number(this.#read(MAX_INACTIVE) ?? this.#origin.maxInactiveIntervalSeconds)
  }

  set maxInactiveInterval(seconds: number) {
    this.#write(MAX_INACTIVE, seconds)
  }

  /** What the client will have seen after the last commit. */
  get token(): VersionToken {
    const state = this.#current()
    const token = tokenOf(heardOf(state), newestStamp(state), actor => recencyOf(actor, state))
    return withUncovered(token, this.#seen, state.vector)
  }

  attributeNames(): readonly string[] {
    const names = new Set<string>()
    for (const e of this.#state().entries)
      if (e.value !== undefined && !isProperty(e.name) && !this.#working.has(e.name)) names.add(plainName(e.name))
    for (const name of this.#copy?.local?.keys() ?? []) if (!this.#working.has(name)) names.add(name)
    for (const [name, w] of this.#working) if (!isProperty(name) && isPresent(w)) names.add(plainName(name))
    return [...names]
  }

  /** Decoded at the first call and the same object afterwards: what is changed inside it is found at the end of the request. */
  getAttribute(name: string): unknown {
    if (this.#copy?.local?.has(name) && !this.#working.has(name)) return this.#copy.local.get(name)
    return this.#read(this.#stored(name))
  }

  setAttribute(name: string, value: unknown): void {
    this.#assertValid('set an attribute')
    this.#write(this.#stored(name), value)
  }

  removeAttribute(name: string): void {
    this.#assertValid('remove an attribute')
    const stored = this.#stored(name)
    if (isMerged(stored)) this.#write(stored, REMOVED)
    else this.#working.set(stored, { base: this.#base(stored), value: REMOVED, written: true })
  }

  /** Settings that travel with the session but are no attributes of the application (the cookie's, …). */
  getProperty(name: string): unknown {
    return this.#read(propertyName(name))
  }

  setProperty(name: string, value: unknown): void {
    this.#assertValid('set a property')
    this.#write(propertyName(name), value)
  }

  /** Ends the session everywhere, for ever, with the next `requestCompleted`. */
  invalidate(): void {
    this.#assertValid('invalidate')
    this.#ended = 'here'
  }

  /** The same data under a new id; the old id dies with the next `requestCompleted`, in the same frame. Returns the new id. */
  changeSessionId(): string {
    this.#assertValid('change the id')
    if (!this.isNew) this.#replaces ??= this.#id
    this.#id = this.#origin.newSessionId()
    return this.#id
  }

  /** Throws away what was not committed and reads this node's copy again. */
  reload(): void {
    const createdAt = this.isNew ? this.#working.get(CREATED_AT) : undefined
    this.#working.clear()
    this.#view = undefined
    if (createdAt) this.#working.set(CREATED_AT, createdAt)
  }

  // What follows is for managers.

  /** The id whose death travels with the next commit. */
  get replaces(): string | undefined {
    return this.#replaces
  }

  /** The client is served by an older copy than it has seen: its token keeps naming what it has seen. */
  isOlderThan(seen: VersionToken): this {
    this.#seen = seen
    return this
  }

  get copy(): SessionCopy | undefined {
    return this.#copy
  }

  /** True when `invalidate` was called and the death has not been committed. */
  get isDying(): boolean {
    return this.#ended === 'here'
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
    return collected
  }

  /** All attributes and properties, encoded: what a session under a new id consists of. */
  collectAll(): CollectedChanges {
    const collected = this.collectChanges()
    for (const { name, value } of this.#current().entries) {
      if (!collected.values.has(name)) collected.values.set(name, isMerged(name) ? this.#encoded(name) : value)
    }
    for (const [name, value] of collected.values) if (value === undefined) collected.values.delete(name)
    if (!collected.values.has(CREATED_AT))
      collected.values.set(CREATED_AT, this.#origin.codec.encode(this.creationTime))
    return collected
  }

  /** The table has another copy of this session now: this one had been dropped and has come back. */
  follow(copy: SessionCopy): void {
    this.#copy = copy
  }

  /** These could not be kept: they go back to what they were. */
  refused(names: Iterable<string>): void {
    for (const name of names) this.#working.delete(name)
  }

  /** The commit was merged into `copy`: from now on that is what changes are compared with. */
  committed(copy: SessionCopy): void {
    if (this.#copy && this.#copy !== copy) copy.local ??= this.#copy.local
    this.#copy = copy
    this.#view = undefined
    this.#replaces = undefined
    this.#id = copy.id
    for (const [name, attribute] of this.#working) {
      if (attribute.value === REMOVED) this.#working.delete(name)
      else if (isMerged(name)) this.#working.set(name, this.#takenInAfterCommit(name, attribute))
      else {
        const base = baseAfterCommit(attribute, this.#base(name))
        this.#working.set(name, { base, value: attribute.value, written: false })
      }
      if (this.#staysHere(name, attribute)) this.#keepLocal(name, attribute.value)
    }
  }

  /** The session is dead, and everybody who must know has been told. */
  ended(): void {
    this.#ended = 'known'
    this.#replaces = undefined
  }

  /** The entry of `name` that this request has based its value on. */
  baseOf(name: string): Entry | undefined {
    return this.#working.get(name)?.base
  }

  #collect(name: string, attribute: WorkingAttribute, values: Map<string, Uint8Array | undefined>): void {
    if (attribute.value === REMOVED) {
      this.#copy?.local?.delete(name)
      if ((attribute.takenIn ?? [attribute.base]).some(e => e?.value !== undefined)) values.set(name, undefined)
    } else if (this.#staysHere(name, attribute)) {
      this.#keepLocal(name, attribute.value)
    } else {
      assertName(name)
      attribute.change = changeOf(attribute, this.#origin.codec)
      if (attribute.change) values.set(name, this.#withUnread(name, attribute) ?? attribute.change)
    }
  }

  /** Another request may have written under a merged name since this one looked: what it wrote goes into the commit as well. */
  #withUnread(name: string, { takenIn, value }: WorkingAttribute): Uint8Array | undefined {
    const { codec, mergeOf } = this.#origin
    const merge = mergeOf(plainName(name))
    const unread = takenIn && entriesOf(this.#current(), name).filter(e => !takenIn.some(known => sameDot(known, e)))
    if (!merge || !unread?.some(e => e.value !== undefined)) return undefined
    const mine = { ...unread[0]!, value: codec.encode(value) }
    return codec.encode(mergedValue([mine, ...unread], codec, merge))
  }

  /** The request's value includes what it had read and what it wrote, but not what others wrote meanwhile, which only the commit has taken in. */
  #takenInAfterCommit(name: string, attribute: WorkingAttribute): WorkingAttribute {
    const { base, takenIn = [], value, change } = attribute
    const isWholly = change && !this.#entries(name).some(e => !sameBytes(e.value, change))
    const known = isWholly ? [...takenIn, ...this.#entries(name)] : takenIn
    return { base, takenIn: known, before: change ?? attribute.before, value, written: false }
  }

  #keepLocal(name: string, value: unknown): void {
    if (!this.#copy) return
    this.#copy.local ??= new Map()
    this.#copy.local.set(name, value)
  }

  #read(name: string): unknown {
    const known = this.#working.get(name)
    if (known) return known.value === REMOVED ? undefined : known.value
    if (isMerged(name)) return this.#readMerged(name)
    const base = this.#base(name)
    if (base?.value === undefined) return undefined
    const value = this.#origin.codec.decode(base.value)
    this.#working.set(name, { base, value, written: false })
    return value
  }

  #readMerged(name: string): unknown {
    const takenIn = this.#entries(name)
    const value = mergedValue(takenIn, this.#origin.codec, this.#origin.mergeOf(plainName(name)))
    if (value === undefined) return undefined
    const before = this.#origin.codec.encode(value)
    this.#working.set(name, { base: undefined, takenIn, before, value, written: false })
    return value
  }

  #write(name: string, value: unknown): void {
    const known = this.#working.get(name)
    if (known) this.#working.set(name, { ...known, value, written: true })
    else if (isMerged(name))
      this.#working.set(name, { base: undefined, takenIn: this.#entries(name), value, written: true })
    else this.#working.set(name, { base: this.#base(name), value, written: true })
  }

  /** The name under which an attribute stands in the state. */
  #stored(name: string): string {
    const merged = mergedName(name)
    return this.#origin.mergeOf(name) || entryOf(this.#state(), merged) ? merged : name
  }

  #entries(name: string): readonly Entry[] {
    return entriesOf(this.#state(), name)
  }

  #encoded(name: string): Uint8Array | undefined {
    const entries = entriesOf(this.#current(), name)
    const value = mergedValue(entries, this.#origin.codec, this.#origin.mergeOf(plainName(name)))
    return value === undefined ? undefined : this.#origin.codec.encode(value)
  }

  #base(name: string): Entry | undefined {
    return entryOf(this.#state(), name)
  }

  #state(): LiveState {
    this.#view ??= this.#current()
    return this.#view
  }

  #current(): LiveState {
    const state = this.#copy?.state
    return state?.kind === 'live' ? state : emptyState
  }

  /** Excluded from replication by a filter. */
  #staysHere(name: string, attribute: WorkingAttribute): boolean {
    return (
      attribute.value !== REMOVED && !isProperty(name) && !this.#origin.isReplicated(plainName(name), attribute.value)
    )
  }

  #assertValid(action: string): void {
    if (!this.isValid) throw new SessionInvalidatedError(action)
  }
}

/** Stands for an attribute that the request removed. */
const REMOVED = Symbol('removed')

function isPresent(attribute: WorkingAttribute): boolean {
  return attribute.value !== REMOVED
}

/** Writers with commits that are still needed come first: no other writer is known to have seen those. */
function recencyOf(actor: string, { entries, needed }: LiveState): number {
  if (counterOf(needed, actor) > 0) return Number.MAX_SAFE_INTEGER
  return entries.reduce((last, e) => (e.actor === actor ? Math.max(last, e.stamp) : last), 0)
}

function newestStamp({ entries }: LiveState): number {
  return entries.reduce((newest, e) => Math.max(newest, e.stamp), 0)
}

function assertName(name: string): void {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new UnserializableValueError('', `under a name longer than ${MAX_NAME_BYTES} bytes`)
  }
  if (Buffer.from(name, 'utf8').toString('utf8') !== name) {
    throw new UnserializableValueError('', 'under a name that is not well-formed Unicode')
  }
}

/** Puts the attribute's name in front of the path that the codec reports. */
function asRefusal(name: string, error: unknown): HaError {
  if (error instanceof UnserializableValueError) {
    return new UnserializableValueError(name + error.path, error.found, { cause: error })
  }
  return new UnserializableValueError(name, `not encodable (${String(error)})`, { cause: error })
}
