import { setTimeout as delay } from 'node:timers/promises'
import { nowMs } from '../history/monotonic.js'
import type { AppMessage, ViewMessage } from '../node/app-message.js'
import type { LifeListener } from '../node/cluster-life.js'
import type { NodeProcess } from '../node/node-process.js'

type Told = AppMessage & { readonly node: string; readonly incarnation: string }

/** Everything that the processes of a scenario have told. */
export class EventWatch implements LifeListener {
  readonly #told: Told[] = []
  readonly #waiting = new Set<() => void>()

  told({ name: node, incarnation }: NodeProcess, message: AppMessage): void {
    this.#told.push({ ...message, node, incarnation })
    for (const look of [...this.#waiting]) look()
  }

  processChanged(): void {}

  of<T extends AppMessage['type']>(type: T): readonly (Told & { type: T })[] {
    return this.#told.filter((told): told is Told & { type: T } => told.type === type)
  }

  /** Members that were said to have gone since `sinceMs`. */
  exclusions(sinceMs: number): readonly (ViewMessage & { at: number; node: string })[] {
    return this.of('view').filter(view => view.what === 'disappeared' && view.at >= sinceMs)
  }

  /** Sessions that were changed since `sinceMs` by a request whose answer did not wait until somebody else held it. */
  degradedSessions(sinceMs: number): ReadonlySet<string> {
    const degraded = this.of('acknowledged').filter(told => told.at >= sinceMs && told.outcome === 'degraded')
    const requests = new Set(degraded.map(told => told.request))
    return new Set(
      this.of('commit')
        .filter(commit => requests.has(commit.request))
        .map(commit => commit.session),
    )
  }

  /** Resolves with when each of `nodes` told, since `sinceMs`, that `member` was added or had disappeared; a node that does not within `withinMs` from now is left out. */
  async heard(
    what: ViewMessage['what'],
    member: string,
    nodes: readonly string[],
    sinceMs: number,
    withinMs: number,
  ): Promise<number[]> {
    const found = () =>
      nodes.flatMap(
        node =>
          this.of('view').find(v => v.node === node && v.what === what && v.member === member && v.at >= sinceMs)?.at ??
          [],
      )
    await this.#until(() => found().length === nodes.length, nowMs() + withinMs)
    return found()
  }

  async #until(isSo: () => boolean, deadlineMs: number): Promise<void> {
    const end = new AbortController()
    const look = () => {
      if (isSo()) end.abort()
    }
    this.#waiting.add(look)
    look()
    await delay(Math.max(0, deadlineMs - nowMs()), undefined, { signal: end.signal }).catch(() => {})
    this.#waiting.delete(look)
  }
}
