import { join } from 'node:path'
import { Bed } from '../bed/bed.js'
import type { ScenarioLine } from '../bed/bed-job.js'
import { Browser } from '../load/browser.js'
import { EventWatch } from './event-watch.js'

/** Generous: what is measured comes after it. */
const WHOLE_WITHIN_MS = 30_000
const NOTICED_WITHIN_MS = 15_000

/** What a scenario is played on: it opens a cluster, looks, and says what it saw. */
export class Stage {
  readonly isSmall: boolean
  readonly lines: ScenarioLine[] = []
  readonly watch = new EventWatch()
  readonly #folder: string
  #bed: Bed | undefined
  #requests = 0

  constructor(name: string, isSmall: boolean, folder: string) {
    this.isSmall = isSmall
    this.#folder = join(folder, name)
  }

  /** The whole number for a long run, the smaller one for a short run. */
  rounds(many: number, few: number): number {
    return this.isSmall ? few : many
  }

  /** Processes n1 … n`count` that see each other. */
  async open(count: number, cluster: Readonly<Record<string, unknown>> = {}): Promise<Bed> {
    const names = Array.from({ length: count }, (_, i) => `n${i + 1}`)
    this.#bed = await Bed.open({ names, cluster, folder: this.#folder, listener: this.watch })
    return this.#bed
  }

  browser(name = 'c1'): Browser {
    return new Browser(name, { requested: () => ++this.#requests, responded: () => {} })
  }

  /** How long it takes from now on until everybody sees everybody and holds the same. Throws when that does not come. */
  async whole(bed: Bed): Promise<number> {
    const ms = await bed.life.becomesWhole(WHOLE_WITHIN_MS)
    if (ms === undefined) throw new Error(`the cluster did not become whole within ${WHOLE_WITHIN_MS} ms`)
    return ms
  }

  /** Until each of `nodes` has seen `member` disappear: a cut that nobody has noticed is a hiccup. */
  async noticed(member: string, nodes: readonly string[]): Promise<void> {
    const heard = await this.watch.heard('disappeared', member, nodes, 0, NOTICED_WITHIN_MS)
    this.atLeast('nodes that noticed the cut', heard.length, nodes.length)
  }

  atMost(what: string, figure: number, limit: number): void {
    this.#look(what, `${Math.round(figure)}`, `at most ${limit}`, figure <= limit)
  }

  atLeast(what: string, figure: number, limit: number): void {
    this.#look(what, `${Math.round(figure)}`, `at least ${limit}`, figure >= limit)
  }

  /** One time. */
  within(what: string, tookMs: number, limitMs: number): void {
    const limit = limitMs * this.#patience
    this.#look(what, `${Math.round(tookMs)} ms`, `at most ${limit} ms`, tookMs <= limit)
  }

  /** Many times, by their quantiles. No time at all is not kept. */
  times(what: string, timesMs: readonly number[], limits: { readonly p50?: number; readonly p99: number }): void {
    const [p50, p99] = [quantile(timesMs, 0.5), quantile(timesMs, 0.99)]
    const most = { p50: (limits.p50 ?? limits.p99) * this.#patience, p99: limits.p99 * this.#patience }
    const limit = limits.p50 === undefined ? '' : `p50 at most ${most.p50} ms, `
    const figure = `p50 ${p50} ms, p99 ${p99} ms of ${timesMs.length}`
    this.#look(what, figure, `${limit}p99 at most ${most.p99} ms`, p99 <= most.p99 && p50 <= most.p50)
  }

  /** As in every schedule: nothing is thrown, nothing is logged as an error, nobody ends by himself. */
  withoutTrouble(): void {
    const troubles = this.watch.of('trouble').filter(({ trouble }) => trouble !== 'loop-delay')
    const told = troubles.map(({ node, trouble, what }) => `${node}: ${trouble}: ${what}`)
    this.#look('trouble of the processes', told.join('; ') || 'none', 'none', told.length === 0)
  }

  /** A short run shares its machine with other tests: there a time may be twice what is promised. */
  get #patience(): number {
    return this.isSmall ? 2 : 1
  }

  #look(what: string, figure: string, limit: string, isKept: boolean): void {
    this.lines.push({ what, figure, limit, isKept })
  }

  async close(): Promise<void> {
    await this.#bed?.close()
  }
}

/** Rounded; of an even number the upper one. */
function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)
}
