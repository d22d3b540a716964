import type { Clock, MulticastSocket, Stream } from '@clowder/tribes'
import type { ClusterNode } from '../cluster/cluster-node.js'
import { SeededRandom } from '../seeded-random.js'
import type { SimHost } from '../sim-host.js'
import type { SimNetwork } from '../sim-network.js'
import { Dice } from './dice.js'
import { hostileDatagram, hostileOpening, OUTSIDER_ADDRESS, strangeHeartbeat } from './hostile-words.js'

const GROUP = { group: '228.0.0.4', port: 45_564, loopbackDisabled: true }
const SPEAKS_EVERY_MS = 150
const DIALS_EVERY_MS = 300
const DIAL_PATIENCE_MS = 1_000
const STRANGE_SHARE = 0.3

/** A machine that is no member and wants none of it (F43, F57): writes nonsense to the group, and to the port of one member. */
export class Outsider {
  readonly #clock: Clock
  readonly #host: SimHost
  readonly #dice: Dice
  readonly #target: ClusterNode
  #socket: MulticastSocket | undefined
  #heard: Uint8Array | undefined
  #isOver = false

  constructor(
    components: { readonly clock: Clock; readonly network: SimNetwork },
    options: { readonly target: ClusterNode; readonly seed: number },
  ) {
    this.#clock = components.clock
    this.#host = components.network.host(OUTSIDER_ADDRESS)
    this.#target = options.target
    this.#dice = new Dice(new SeededRandom(options.seed))
  }

  async begin(): Promise<void> {
    this.#every(DIALS_EVERY_MS, () => void this.#dial())
    const heard = { datagram: (bytes: Uint8Array) => void this.#overhear(bytes), failed() {} }
    this.#socket = await this.#host.joinMulticast(GROUP, heard)
    this.#every(SPEAKS_EVERY_MS, () => this.#speak())
  }

  /** It does not hang up: whoever was not let in is shown the door. */
  end(): void {
    this.#isOver = true
    void this.#socket?.close()
  }

  #every(delayMs: number, act: () => void): void {
    this.#clock.setTimer(delayMs, () => {
      if (this.#isOver) return
      act()
      this.#every(delayMs, act)
    })
  }

  #overhear(bytes: Uint8Array): void {
    this.#heard = Uint8Array.from(bytes)
  }

  #speak(): void {
    const isStrange = this.#dice.chance(STRANGE_SHARE)
    const bytes = isStrange ? strangeHeartbeat() : hostileDatagram(this.#dice, this.#heard)
    this.#socket?.send(bytes).catch(() => {})
  }

  async #dial(): Promise<void> {
    const { process, address } = this.#target
    if (!process?.isReady) return
    const { port } = process.channel.localMember()
    const stream = await this.#host.connect({ host: address, port }, DIAL_PATIENCE_MS).catch(() => undefined)
    if (stream) this.#write(stream)
  }

  #write(stream: Stream): void {
    stream.open({ data() {}, drained() {}, closed() {} })
    stream.write([hostileOpening(this.#dice).bytes])
  }
}
