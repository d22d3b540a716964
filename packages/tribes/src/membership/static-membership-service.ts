import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Address, Network } from '../ports/network.js'
import { MembershipOptionError } from './errors.js'
import { parseMemberAddress } from './member-address.js'
import type { MembershipListener, MembershipService } from './membership-service.js'
import { Repeat } from './repeat.js'

export interface StaticMembershipServiceComponents {
  readonly clock: Clock
  readonly network: Network
  readonly logger: Logger
  readonly listener: MembershipListener
}

export interface StaticMembershipServiceOptions {
  /**
   * Where other members may listen: `host:port`, `[ipv6]:port`, or a DNS name that resolves to one or many of them (a headless service). This process
   * itself may be among them. Strangers that dial in are members too: a list that is complete on one side only is enough.
   */
  readonly members: readonly string[]
  /** The port of members written without one. @default 4000 */
  readonly defaultPort?: number
  /** Milliseconds between two look-ups of all names, and between two attempts to reach who was not there. @default 5000 */
  readonly resolveInterval?: number
}

/** One line of the list. What it resolved to last is kept when a look-up fails: a name server that is down removes nobody. */
interface Listed {
  readonly text: string
  readonly address: Address
  found: readonly string[]
  isLookingUp: boolean
  isFailing: boolean
}

/** Reports the addresses of a list of members, again every `resolveInterval`. Whom to dial, and who is there, is decided elsewhere. */
export class StaticMembershipService implements MembershipService {
  readonly #components: StaticMembershipServiceComponents
  readonly #listed: readonly Listed[]
  readonly #intervalMs: number
  readonly #repeat: Repeat
  #starting: Promise<void> | undefined

  /** Throws `BadMemberAddressError` for the first text that is no address. */
  constructor(components: StaticMembershipServiceComponents, options: StaticMembershipServiceOptions) {
    const { members, defaultPort = 4000, resolveInterval = 5000 } = options
    if (!(resolveInterval >= 1)) throw new MembershipOptionError('resolveInterval', resolveInterval, 'at least 1 ms')
    this.#components = components
    this.#listed = members.map(text => newListed(text, defaultPort))
    this.#intervalMs = resolveInterval
    this.#repeat = new Repeat(components.clock, () => resolveInterval)
  }

  /** Resolves when the whole list was looked up once, or after `resolveInterval`: a slow name server must not hold up a start. */
  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  async stop(): Promise<void> {
    this.#starting = undefined
    this.#repeat.stop()
  }

  #start(): Promise<void> {
    this.#repeat.start(() => void this.#round())
    return Promise.race([this.#round(), this.#interval()])
  }

  #interval(): Promise<void> {
    return new Promise(resolve => void this.#components.clock.setTimer(this.#intervalMs, resolve))
  }

  async #round(): Promise<void> {
    await Promise.all(this.#listed.map(listed => this.#visit(listed)))
  }

  async #visit(listed: Listed): Promise<void> {
    if (!listed.isLookingUp) await this.#lookUp(listed)
    if (this.#starting) for (const host of listed.found) this.#report({ host, port: listed.address.port })
  }

  #report(address: Address): void {
    this.#components.listener.addressFound(address)
  }

  async #lookUp(listed: Listed): Promise<void> {
    listed.isLookingUp = true
    try {
      const found = await this.#components.network.resolve(listed.address.host)
      if (found.length === 0) throw new Error('it has no addresses')
      this.#resolved(listed, found)
    } catch (error) {
      this.#unresolved(listed, error)
    } finally {
      listed.isLookingUp = false
    }
  }

  #resolved(listed: Listed, found: readonly string[]): void {
    if (listed.isFailing)
      this.#components.logger.info({ member: listed.text }, `${listed.text} can be looked up again.`)
    listed.isFailing = false
    listed.found = found
  }

  /** One warning per outage. */
  #unresolved(listed: Listed, error: unknown): void {
    if (listed.isFailing) return
    listed.isFailing = true
    this.#components.logger.warn(
      { err: error, member: listed.text, kept: listed.found },
      `${listed.text} in membership.members cannot be looked up; ${consequence(listed)} Trying again every ${this.#intervalMs} ms.`,
    )
  }
}

function newListed(text: string, defaultPort: number): Listed {
  return { text, address: parseMemberAddress(text, defaultPort), found: [], isLookingUp: false, isFailing: false }
}

function consequence({ found }: Listed): string {
  return found.length === 0 ? 'nobody is found there.' : `its last ${found.length} addresses stay in use.`
}
