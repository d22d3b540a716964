import { ReservedAttributeError, type SessionRecord, type SessionStore, type SessionStoreOptions } from '@clowder/http'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster } from '../../cluster/face-calls.js'

/** What koa-session keeps with a session besides the application's attributes: how long it lives. */
interface KoaTimes {
  /** Epoch milliseconds. */
  readonly _expire?: number
  /** Milliseconds. */
  readonly _maxAge?: number
  /** As long as the browser is open. */
  readonly _session?: true
}

type KoaData = Record<string, unknown> & KoaTimes

interface KoaRequest {
  /** koa's context: the same object from the beginning to the end of a request. */
  readonly ctx: object
}

/**
 * The cluster's sessions as `store` of koa-session: `session({ store: koaStore(cluster) }, app)`. koa-session copies what a store gives, but names the request; by that two requests at a
 * time that set different attributes both keep what they set. Throws BadStoreOptionError, and FaceMisusedError (`CLOWDER_FACE_MISUSED`) without a cluster.
 */
export function koaStore(cluster: Cluster, options?: SessionStoreOptions): KoaStore {
  assertCluster(cluster, 'session({ store: koaStore(cluster) }, app)')
  return new KoaStore(cluster.store(options))
}

/** See `koaStore`. */
export class KoaStore {
  readonly #store: SessionStore
  /** What each request was given. */
  readonly #given = new WeakMap<object, { readonly id: string; readonly record: SessionRecord }>()

  constructor(store: SessionStore) {
    this.#store = store
  }

  async get(id: string, _maxAge: unknown, { ctx }: KoaRequest): Promise<KoaData | undefined> {
    const record = await this.#store.get(id)
    if (!record) return undefined
    this.#given.set(ctx, { id, record })
    const { cookie, ...attributes } = record
    return { ...attributes, ...timesOf(cookie) }
  }

  /** Rejects with ReservedAttributeError (`HTTP_RESERVED_ATTRIBUTE`) for an attribute `cookie`, for there the store has the session's times; all others are kept. */
  async set(id: string, data: KoaData, _maxAge: unknown, { ctx }: KoaRequest): Promise<void> {
    const { _expire, _maxAge: maxAge = null, _session, cookie: refused, ...attributes } = data
    const cookie = { originalMaxAge: maxAge, expires: _expire === undefined ? null : new Date(_expire) }
    const given = this.#given.get(ctx)
    await this.#store.set(
      id,
      given?.id === id ? inPlaceOf(given.record, { ...attributes, cookie }) : { ...attributes, cookie },
    )
    if (refused !== undefined) throw new ReservedAttributeError('cookie')
  }

  async destroy(id: string): Promise<void> {
    await this.#store.destroy(id)
  }
}

/** The store knows whom it gave something by the object itself. */
function inPlaceOf(record: SessionRecord, data: object): SessionRecord {
  for (const name of Object.keys(record)) if (!Object.hasOwn(data, name)) Reflect.deleteProperty(record, name)
  return Object.assign(record, data)
}

/** Another program may have set the session without a cookie. */
function timesOf(cookie: SessionRecord['cookie'] | undefined): KoaTimes {
  if (!cookie?.expires) return { _session: true }
  const { expires, originalMaxAge } = cookie
  return { _expire: expires.getTime(), ...(originalMaxAge !== null && { _maxAge: originalMaxAge }) }
}
