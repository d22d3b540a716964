import type { Clock } from '@clowder/tribes'
import type { ClusterNode } from '../cluster/cluster-node.js'
import type { Recorder } from '../cluster/recorder.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import { Dice } from '../faults/dice.js'
import type { SeededRandom } from '../seeded-random.js'
import { Balancer } from './balancer.js'
import { Browser, type RunNumbers } from './browser.js'
import type { ClientOptions } from './client-options.js'

export interface CrowdComponents {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly cluster: SimulatedCluster
  readonly recorder: Recorder
  readonly changeAsked: (node: ClusterNode) => void
}

const SHARE_EVERY_MS = 500

/** All browsers of one run. Each draws from a generator of its own, so that one more or less does not change what the others do. */
export class Crowd {
  readonly browsers: readonly Browser[]
  readonly #clock: Clock
  readonly #dice: Dice
  readonly #options: ClientOptions
  #isStopped = false

  constructor(components: CrowdComponents, options: ClientOptions) {
    const { clock, random, cluster, recorder, changeAsked } = components
    this.#clock = clock
    this.#options = options
    this.#dice = new Dice(random.fork())
    const balancerRandom = random.fork()
    const numbers = countedThrough()
    this.browsers = Array.from({ length: options.count }, (_, i) => {
      const balancer = new Balancer({ cluster, dice: new Dice(balancerRandom.fork()) }, options.stickiness)
      const dice = new Dice(random.fork())
      return new Browser({ clock, dice, balancer, recorder, numbers, changeAsked }, `browser-${i + 1}`, options)
    })
  }

  begin(): void {
    for (const browser of this.browsers) browser.begin()
    if (this.#options.shareCookie > 0 && this.browsers.length > 1) this.#share()
  }

  /** This node is about to wake: some ask it for a page, and are answered in the turn in which it does. */
  callOn(node: ClusterNode): void {
    if (this.#isStopped || !node.process?.isReady) return
    for (const browser of this.#dice.sample(this.browsers, this.#options.wakeCalls)) browser.call(node)
  }

  calmDown(): void {
    for (const browser of this.browsers) browser.calmDown()
  }

  stop(): void {
    this.#isStopped = true
    for (const browser of this.browsers) browser.stop()
  }

  /** Another window of somebody's: two browsers with one session from now on. */
  #share(): void {
    if (this.#isStopped) return
    this.#clock.setTimer(SHARE_EVERY_MS, () => this.#share())
    if (!this.#dice.chance(this.#options.shareCookie)) return
    const [from, to] = this.#dice.sample(this.browsers, 2)
    if (from?.cookie && to) to.takeOver(from.cookie)
  }
}

function countedThrough(): RunNumbers {
  let requests = 0
  let versions = 0
  return { request: () => ++requests, version: () => ++versions }
}
