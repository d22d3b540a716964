import type { ResponseEvent } from '../history/history-event.js'
import type { Exchange } from './exchanges.js'
import type { Process, Timeline } from './timeline.js'

/** The processes that had what was acknowledged, when it was acknowledged. */
export interface Holding {
  readonly holders: readonly Process[]
  /** An onlooker who cannot look inside knows the one that answered, and that at least one of these had it too. */
  readonly oneOf?: readonly Process[]
}

/**
 * Whether somebody must still have it. A process that was killed takes with it what it had. One that said goodbye, while the ways were open, left it to the others.
 * Of several of whom one had it, all must be there: any of them may have been the one.
 *
 * Where only `copies: K` members hold each session, its copies move, and those who had it first need not be those who have it now: then it may be gone as well
 * when K processes have died since its request began (who acknowledged it may be dead when the answer leaves) without a calm between, in which the copies of the
 * dead would have been made again; or when somebody has seen that one of the dead had something of it that nobody else had. When nobody at all was left for a
 * moment, everything before it is gone, goodbyes or not.
 */
export class Holders {
  readonly #timeline: Timeline
  readonly #lasting = new Map<Process, boolean>()
  readonly #moved = new Map<number, boolean>()
  /** The same few sets of holders come again and again. */
  readonly #holdings = new Map<string, Holding>()

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  /** Undefined when nobody knows who answered. */
  of({ process, response }: Exchange): Holding | undefined {
    if (response.holders) return this.#known(response.holders)
    if (!process) return undefined
    const oneOf = this.#timeline.live().filter(other => other !== process)
    return { holders: [process], oneOf }
  }

  /** `begunAt`: when the request came. Ask at the end only. */
  mustLast({ holders, oneOf }: Holding, begunAt: number, session: string): boolean {
    const isEmptied = begunAt <= this.#timeline.emptiedAt
    if (isEmptied || this.#mayHaveMovedToTheDead(begunAt) || this.#isTakenAlong(session, begunAt)) return false
    if (holders.some(process => this.#lasts(process))) return true
    return oneOf !== undefined && oneOf.length > 0 && oneOf.every(process => this.#lasts(process))
  }

  #known(names: readonly string[]): Holding {
    const key = names.join('\n')
    let holding = this.#holdings.get(key)
    if (!holding) {
      holding = { holders: names.flatMap(name => this.#timeline.process(name) ?? []) }
      this.#holdings.set(key, holding)
    }
    return holding
  }

  #lasts(process: Process): boolean {
    const known = this.#lasting.get(process)
    if (known !== undefined) return known
    const { ended } = process
    // Where copies move, a goodbye leaves them to whoever is to have them next.
    const isMoved = this.#copies !== undefined && (ended?.heirs.length ?? 0) > 0
    const lasts = !ended || isMoved || ended.heirs.some(heir => this.#lasts(heir))
    this.#lasting.set(process, lasts)
    return lasts
  }

  #mayHaveMovedToTheDead(since: number): boolean {
    const copies = this.#copies
    if (copies === undefined) return false
    const known = this.#moved.get(since)
    if (known !== undefined) return known
    const { deaths, calms } = this.#timeline
    const periods = [since, ...calms.filter(at => at > since)]
    const may = periods.some((from, i) => {
      const until = periods[i + 1] ?? Number.POSITIVE_INFINITY
      return deaths.filter(({ at }) => at >= from && at < until).length >= copies
    })
    this.#moved.set(since, may)
    return may
  }

  #isTakenAlong(session: string, since: number): boolean {
    if (this.#copies === undefined) return false
    return this.#timeline.deaths.some(({ at, tookAlong }) => at >= since && tookAlong.includes(session))
  }

  get #copies(): number | undefined {
    return this.#timeline.run?.copies
  }
}

/** Whether what this answer did was promised to last. */
export function isHeld({ outcome, acknowledged }: ResponseEvent): boolean {
  return outcome === 'ok' && acknowledged === 'held'
}
