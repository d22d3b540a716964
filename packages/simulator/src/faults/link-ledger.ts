import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import type { SimNetwork } from '../sim-network.js'
import type { DirectedLink } from './planned-fault.js'

export type LinkHarm = 'cut' | 'deaf' | 'clogged'

/** Which faults rest on which links: several may rest on one, and it is whole again when the last has gone. */
export class LinkLedger {
  readonly #network: SimNetwork
  readonly #cluster: SimulatedCluster
  readonly #harms = new Map<string, LinkHarm[]>()

  constructor(components: { readonly network: SimNetwork; readonly cluster: SimulatedCluster }) {
    this.#network = components.network
    this.#cluster = components.cluster
  }

  harm(link: DirectedLink, harm: LinkHarm): void {
    const harms = this.#of(link)
    harms.push(harm)
    this.#apply(link, harm)
  }

  relieve(link: DirectedLink, harm: LinkHarm): void {
    const harms = this.#of(link)
    const at = harms.indexOf(harm)
    if (at === -1) return
    harms.splice(at, 1)
    if (harms.includes(harm)) return
    // Healing takes everything from both directions; what rests on them still is put back in the same moment.
    this.#network.heal(...this.#addresses(link))
    for (const direction of [link, [link[1], link[0]] as const])
      for (const left of new Set(this.#of(direction))) this.#apply(direction, left)
  }

  #apply(link: DirectedLink, harm: LinkHarm): void {
    const [from, to] = this.#addresses(link)
    if (harm === 'cut') this.#network.cutOneWay(from, to)
    else if (harm === 'deaf') this.#network.cutDatagrams(from, to)
    else this.#network.clog(from, to)
  }

  #of([from, to]: DirectedLink): LinkHarm[] {
    const key = `${from}>${to}`
    const harms = this.#harms.get(key) ?? []
    this.#harms.set(key, harms)
    return harms
  }

  #addresses([from, to]: DirectedLink): [string, string] {
    return [this.#cluster.node(from).address, this.#cluster.node(to).address]
  }
}
