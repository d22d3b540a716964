import { SessionNotHeldError } from '../errors.js'
import type { SessionCopy } from '../manager/session-copy.js'
import type { SessionWatch, WatchedParts } from '../manager/session-watch.js'
import { mergedValue } from '../session/merge-function.js'
import { isProperty, plainName } from '../state/entry.js'
import { entriesOf, type Joined, type LiveState } from '../state/session-state.js'
import { type FeedEnd, SessionFeed } from './session-feed.js'

/** Node's AbortSignal has it. */
interface Signal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** How a session is watched. */
export interface WatchOptions {
  /** Aborted when nothing more is wanted: the feed ends then, without an error. */
  readonly signal?: Signal
  /** Changes that may wait for whoever watches. @default 1000 */
  readonly maxBuffered?: number
}

const MAX_BUFFERED = 1_000

/** Who watches which session, for WebSockets and server-sent events. A session that nobody watches costs one look into an empty table. */
export class LiveSessions implements SessionWatch {
  readonly #parts: WatchedParts
  readonly #feeds = new Map<string, Set<SessionFeed>>()
  #isStopped = false

  constructor(parts: WatchedParts) {
    this.#parts = parts
  }

  /** Sessions that somebody watches. */
  get size(): number {
    return this.#feeds.size
  }

  /**
   * The changes of a session from now on, whoever makes them. Of a session that is not known here, and when this node has stopped, it ends at once. Throws SessionNotHeldError (`HA_SESSION_NOT_HELD`) where
   * others hold it.
   */
  watch(id: string, { signal, maxBuffered = MAX_BUFFERED }: WatchOptions = {}): SessionFeed {
    const stop = () => feed.end('stopped')
    const feed = new SessionFeed(maxBuffered, () => {
      signal?.removeEventListener('abort', stop)
      this.#remove(id, feed)
    })
    const end = signal?.aborted ? 'stopped' : this.#endNow(id)
    if (end) {
      feed.end(end)
      return feed
    }
    signal?.addEventListener('abort', stop)
    this.#feeds.set(id, (this.#feeds.get(id) ?? new Set<SessionFeed>()).add(feed))
    return feed
  }

  joined({ id }: SessionCopy, { state, changes }: Joined, local: boolean): void {
    const feeds = this.#feeds.get(id)
    if (!feeds || state.kind === 'dead') return
    const names = new Set(changes.map(({ after }) => after.name).filter(name => !isProperty(name)))
    for (const name of names) for (const feed of feeds) this.#tell(feed, state, name, local)
  }

  dropped(copy: SessionCopy): void {
    const feeds = this.#feeds.get(copy.id)
    if (!feeds) return
    const why = copy.kind === 'dead' || copy.hasExpired ? endOf(copy) : 'moved'
    for (const feed of [...feeds]) feed.end(why)
  }

  stop(): void {
    this.#isStopped = true
    for (const feeds of [...this.#feeds.values()]) for (const feed of [...feeds]) feed.end('shutdown')
  }

  /** Why there is nothing to watch, if that is so. */
  #endNow(id: string): FeedEnd | undefined {
    if (this.#isStopped) return 'shutdown'
    const copy = this.#parts.table.get(id)
    if (copy?.kind !== 'live') return copy ? endOf(copy) : 'unknown'
    if (!this.#parts.placement.isOwner(copy.bucket)) throw new SessionNotHeldError()
    return undefined
  }

  #tell(feed: SessionFeed, state: LiveState, name: string, local: boolean): void {
    const { mergeOf } = this.#parts.origin
    const codec = this.#parts.origin.codecOf?.(plainName(name)) ?? this.#parts.origin.codec
    try {
      const value = mergedValue(entriesOf(state, name), codec, mergeOf(plainName(name)))
      feed.push({ name: plainName(name), value, local })
    } catch (error) {
      feed.fail(error)
    }
  }

  #remove(id: string, feed: SessionFeed): void {
    const feeds = this.#feeds.get(id)
    if (feeds?.delete(feed) && feeds.size === 0) this.#feeds.delete(id)
  }
}

/** A copy that has not died has expired. */
function endOf({ state }: SessionCopy): FeedEnd {
  return state.kind === 'dead' ? state.reason : 'expired'
}
