import type { VersionToken } from '../state/version-token.js'

// CONTRACT (implementation follows)
/** One request's working copy of a session, with Tomcat's verbs. Nothing leaves this node before `Manager.requestCompleted`. */
export declare class DeltaSession {
  /** Changes with `changeSessionId`. */
  readonly id: string
  /** True until its first commit. */
  readonly isNew: boolean
  /** False after `invalidate`, or when it has been invalidated elsewhere. */
  readonly isValid: boolean
  /** True when a commit would find something: created with content, a changed or removed attribute, an invalidation, a new id. Encodes what was read. */
  readonly isDirty: boolean
  /** Epoch milliseconds. */
  readonly creationTime: number
  readonly lastAccessedTime: number
  /** Seconds; ≤ 0: never expires. */
  maxInactiveInterval: number
  /** What the client will have seen after the last commit. */
  readonly token: VersionToken
  attributeNames(): readonly string[]
  /** Decoded at the first call and the same object afterwards: what is changed inside it is found at the end of the request. */
  getAttribute(name: string): unknown
  setAttribute(name: string, value: unknown): void
  removeAttribute(name: string): void
  /** Settings that travel with the session but are no attributes (the cookie's own settings, …). */
  getProperty(name: string): unknown
  setProperty(name: string, value: unknown): void
  /** Ends the session everywhere, for ever. */
  invalidate(): void
  /** The same data under a new id; the old id is dead. Returns the new id. */
  changeSessionId(): string
  /** Throws away uncommitted changes and reads the local copy again. */
  reload(): void
}
