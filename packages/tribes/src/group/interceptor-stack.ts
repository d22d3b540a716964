import type { Above, Below, ChannelInterceptor } from '../channel-interceptor.js'
import type { Member } from '../member.js'
import type { Logger } from '../ports/logger.js'
import { OptionFlagClashError } from './channel-errors.js'
import { StartedParts } from './started-parts.js'

/** What a stack stands on; in production the ChannelCoordinator. */
export interface StackBottom extends Below {
  /** Undefined while not started. */
  readonly localMember: Member | undefined
  /** How many other members have been heard, whether or not the layers above vouch for them. */
  readonly heardMembers: number
  readonly hiddenMembers: readonly string[]
  hasSaidGoodbye(id: string): boolean
  connect(above: Above): void
  start(): Promise<void>
  stop(): Promise<void>
}

export interface InterceptorStackComponents {
  readonly logger: Logger
  readonly interceptors: readonly ChannelInterceptor[]
  readonly coordinator: StackBottom
}

/**
 * The layers between the channel and the wire, top first, ending in the coordinator. Each is connected to its neighbours once.
 * The coordinator starts last, because nothing may arrive before all above it are ready; it stops last too, because what the interceptors
 * still hold must go down through it.
 */
export class InterceptorStack {
  readonly #interceptors: readonly ChannelInterceptor[]
  readonly #coordinator: StackBottom
  readonly #logger: Logger
  readonly #parts: StartedParts
  /** The uppermost layer: what the channel sends to. */
  readonly below: Below

  constructor(components: InterceptorStackComponents, top: Above) {
    this.#interceptors = components.interceptors
    this.#coordinator = components.coordinator
    this.#logger = components.logger
    this.#parts = new StartedParts(components)
    this.below = this.#connect(top)
  }

  #connect(top: Above): Below {
    const layers: Below[] = [...this.#interceptors, this.#coordinator]
    const above: Above[] = [top, ...this.#interceptors]
    this.#interceptors.forEach((interceptor, i) => {
      interceptor.connect(layers[i + 1]!, above[i]!)
    })
    this.#coordinator.connect(above.at(-1)!)
    return layers[0]!
  }

  async start(): Promise<void> {
    refuseSharedFlags(this.#interceptors)
    for (const interceptor of this.#interceptors.toReversed()) {
      await this.#parts.add(interceptor, () => interceptor.start())
    }
    try {
      await this.#coordinator.start()
    } catch (error) {
      await this.#parts.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#parts.stop()
    await this.#coordinator.stop()
  }

  heartbeat(): void {
    for (const interceptor of this.#interceptors) {
      try {
        interceptor.heartbeat()
      } catch (error) {
        this.#logger.error({ err: error }, `The heartbeat of ${interceptor.constructor.name} failed.`)
      }
    }
  }
}

function refuseSharedFlags(interceptors: readonly ChannelInterceptor[]): void {
  interceptors.forEach((second, i) => {
    for (const first of interceptors.slice(0, i)) {
      const sharedBits = first.optionFlag & second.optionFlag
      if (sharedBits !== 0) throw new OptionFlagClashError(first.constructor.name, second.constructor.name, sharedBits)
    }
  })
}
