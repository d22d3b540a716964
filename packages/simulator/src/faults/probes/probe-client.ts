import type { Clock } from '@clowder/tribes'
import type { Answer } from '../../cluster/answer.js'
import type { ClusterNode } from '../../cluster/cluster-node.js'
import type { Recorder } from '../../cluster/recorder.js'
import { type Application, sessionIn, type Visit } from '../../cluster/visit.js'

export interface ProbeClientComponents {
  readonly clock: Clock
  readonly recorder: Recorder
}

/** Requests of browsers are numbered from 1 on, each probe's from here on. */
const FIRST_REQUEST = 1_000_000
const MOST_REQUESTS = 100

/** What a page finds, or why nobody need mind: not answered, flagged, of another session. */
export type Found<T> = { readonly isSure: true; readonly value: T } | { readonly isSure: false }

const UNSURE = { isSure: false } as const

/** A client of its own beside the browsers, one request after the other, with pages that the probe writes. */
export class ProbeClient {
  readonly #components: ProbeClientComponents
  readonly #name: string
  #request: number
  #cookie: { readonly value: string; readonly from: number } | undefined

  /** `number`: of this probe in its plan. */
  constructor(components: ProbeClientComponents, number: number) {
    this.#components = components
    this.#name = `probe-${number}`
    this.#request = FIRST_REQUEST + number * MOST_REQUESTS
  }

  get hasSession(): boolean {
    return this.#cookie !== undefined
  }

  /** What `page` makes of its session at this node. */
  async visit<T>(node: ClusterNode, page: (visit: Visit) => T | Promise<T>): Promise<Found<T>> {
    const { process } = node
    if (!process?.isReady) return UNSURE
    process.isProbed = true
    let found: Found<T> = UNSURE
    const kept = (value: T) => {
      found = { isSure: true, value }
    }
    const application: Application = visit => void turn(visit, page, this.#cookie !== undefined, kept)
    const answer = await this.#send(node, application)
    const isKnown = answer.outcome === 'ok' && !answer.isStale
    return isKnown ? found : UNSURE
  }

  /** What `page` makes of the session that somebody finds who presents this cookie after having changed it. The history knows nothing of him. */
  async present<T>(node: ClusterNode, alter: (cookie: string) => string, page: (visit: Visit) => T): Promise<Found<T>> {
    const { process } = node
    if (!process?.isReady || !this.#cookie) return UNSURE
    const cookie = alter(this.#cookie.value)
    return new Promise(resolve => {
      let found: Found<T> = UNSURE
      const application: Application = visit => {
        found = { isSure: true, value: page(visit) }
        visit.finish()
      }
      process.visit(cookie, application, () => resolve(found))
    })
  }

  #send(node: ClusterNode, application: Application): Promise<Answer> {
    const { recorder } = this.#components
    const request = ++this.#request
    const cookie = this.#cookie
    const session = sessionIn(cookie?.value)
    const of = cookie && session !== undefined ? { session, cookieFrom: cookie.from } : {}
    recorder.record({ kind: 'request', request, client: this.#name, node: node.name, ...of })
    return new Promise(resolve => {
      node.process!.visit(cookie?.value, application, ({ cookie: given, ...answer }) => {
        recorder.record({ kind: 'response', request, ...answer })
        if (given !== undefined) this.#cookie = given === null ? undefined : { value: given, from: request }
        resolve(answer)
      })
    })
  }
}

/** A page of a session that is not found, although the client has one, is no page of the probe's: it ends without having looked. */
async function turn<T>(
  visit: Visit,
  page: (visit: Visit) => T | Promise<T>,
  hasSession: boolean,
  kept: (value: T) => void,
): Promise<void> {
  try {
    if (hasSession && visit.isLost) return visit.finishWithout('none found')
    kept(await page(visit))
    visit.finish()
  } catch (error) {
    visit.fail(error)
  }
}
