import type { RequestEvent, ResponseEvent } from '../history/history-event.js'
import { type Exchange, sessionOf } from './exchanges.js'
import type { View, Views } from './view.js'

/** Which view a browser's cookie stands for when it sends a request. */
export interface Cookies {
  sentWith(request: RequestEvent): View | undefined
  /** An answer: what was known when its request was sent, and what is known after it. */
  answered(exchange: Exchange, sent: View | undefined, learnt: View | undefined): void
}

/**
 * Where the history says whose answer set the cookie (`cookieFrom`): what was known after that answer. An answer that sets none says that the cookie already
 * stands for all that was read; as long as the browser goes on sending it, that is added to it. Once an answer to such a request has changed or ended the session,
 * or has taken the cookie back because another request had ended it, whoever still sends the old cookie is a page from the past, which keeps no cookie.
 */
export class KnownCookies implements Cookies {
  readonly #after = new Map<number, { readonly session: string; readonly view: View }>()
  readonly #kept = new Map<string, View>()
  readonly #past = new Set<string>()

  sentWith(request: RequestEvent): View | undefined {
    const { cookieFrom, session } = request
    if (cookieFrom === undefined) return undefined
    const after = this.#after.get(cookieFrom)
    if (after?.session !== session) return undefined
    return this.#kept.get(keyOf(request)) ?? after?.view
  }

  answered(exchange: Exchange, sent: View | undefined, learnt: View | undefined): void {
    const { request, response } = exchange
    const session = sessionOf(exchange)
    if (learnt && session !== undefined) this.#after.set(request.request, { session, view: learnt })
    const key = keyOf(request)
    if (request.cookieFrom === undefined || this.#past.has(key) || isWithoutCookie(response)) return
    if (!learnt || response.session !== request.session) this.#past.add(key)
    else if (!response.isStale) this.#keep(key, sent, learnt)
  }

  /** Only in a row: of answers that overtook each other nobody knows which of the two cookies stands for more. */
  #keep(key: string, sent: View | undefined, learnt: View): void {
    const current = this.#kept.get(key)
    if (current === undefined || current === sent) this.#kept.set(key, learnt)
  }
}

/**
 * Where the history does not say: the cookie that came last. Requests that overlap leave the browser with either cookie, whichever had seen more; then each may
 * be the one. After an answer that was flagged the cookie stands for what that one read.
 */
export class LikelyCookies implements Cookies {
  readonly #views: Views
  readonly #clients = new Map<string, Map<string, View>>()

  constructor(views: Views) {
    this.#views = views
  }

  sentWith({ client, session }: RequestEvent): View | undefined {
    return session === undefined ? undefined : this.#clients.get(client)?.get(session)
  }

  answered(exchange: Exchange, sent: View | undefined, learnt: View | undefined): void {
    const { request, response } = exchange
    const jar = this.#clients.get(request.client) ?? new Map<string, View>()
    this.#clients.set(request.client, jar)
    const session = sessionOf(exchange)
    if (learnt && session !== undefined) {
      const current = jar.get(session)
      const before = session === request.session ? sent : undefined
      jar.set(session, current === before ? learnt : this.#views.either(current, learnt))
    }
    for (const ended of response.ended ?? []) jar.delete(ended)
  }
}

/** Such an answer leaves the browser's cookie as it is. */
function isWithoutCookie({ outcome }: ResponseEvent): boolean {
  return outcome === 'lost' || outcome === 'refused' || outcome === 'failed'
}

function keyOf({ client, cookieFrom }: RequestEvent): string {
  return `${client} ${cookieFrom}`
}
