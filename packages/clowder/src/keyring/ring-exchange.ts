import type { ClusterChannel, ClusterListener, ClusterMembershipListener } from '@clowder/ha'
import { type Keyring, readRing, writeRing } from '@clowder/node'
import {
  ByteReader,
  ByteWriter,
  type ChannelMessage,
  type Clock,
  type Logger,
  type Member,
  memberText,
  type Timer,
} from '@clowder/tribes'

// u8 0x4b · ring (see node/src/secure/ring-codec.ts); acknowledged when it has been taken in

const KEYRING_NAMESPACE = 0x4b
const AGAIN_MS = 1_000

export interface RingExchangeComponents {
  readonly keyring: Keyring
  readonly channel: ClusterChannel
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Members tell each other their keys: when they meet, when a key changes, and again every second until it is acknowledged. What one has learned it passes on, so that it reaches those whom
 * its first speaker does not see. Nobody says anything as long as everybody goes by the options.
 */
export class RingExchange implements ClusterListener, ClusterMembershipListener {
  readonly #components: RingExchangeComponents
  readonly #forgetKeyring: () => void
  /** Member's id → which version of the ring it has. */
  readonly #held = new Map<string, number>()
  readonly #underWay = new Map<string, number>()
  readonly #waiters = new Set<() => void>()
  #version = 0
  #timer: Timer | undefined
  #isStopped = false

  constructor(components: RingExchangeComponents) {
    this.#components = components
    this.#forgetKeyring = components.keyring.onChange(() => this.#changed())
    components.channel.addChannelListener(this)
    components.channel.addMembershipListener(this)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#forgetKeyring()
    this.#components.channel.removeChannelListener(this)
    this.#components.channel.removeMembershipListener(this)
    for (const look of this.#waiters) look()
  }

  /** The members present that have not acknowledged what is to be known. */
  get lacking(): readonly Member[] {
    if (this.#components.keyring.told.size === 0) return []
    return this.#components.channel.members().filter(({ id }) => this.#held.get(id) !== this.#version)
  }

  /** Resolves when every member present has the keys, or after `timeoutMs`, or when this one stops: with those that have not. */
  untilHeld(timeoutMs: number): Promise<readonly Member[]> {
    return new Promise(resolve => {
      const finish = () => {
        this.#waiters.delete(look)
        timer.cancel()
        resolve(this.lacking)
      }
      const look = () => (this.#isStopped || this.lacking.length === 0) && finish()
      const timer = this.#components.clock.setTimer(timeoutMs, finish)
      this.#waiters.add(look)
      look()
    })
  }

  /** Tells everybody, whether they know or not. */
  tellAll(): void {
    this.#tell(this.#components.channel.members())
  }

  accept({ body }: ChannelMessage): boolean {
    return body[0] === KEYRING_NAMESPACE
  }

  messageReceived({ body, source }: ChannelMessage): void {
    const { keyring } = this.#components
    const ring = readRing(new ByteReader(body, 1), keyring.clusterName)
    keyring.merge(ring)
    if (keyring.isKnownTo(ring)) this.#held.set(source.id, this.#version)
    this.#look()
  }

  memberAdded(): void {
    this.#tellSoon()
  }

  memberCaughtUp(): void {
    this.#tellSoon()
  }

  memberDisappeared({ id }: Member): void {
    this.#held.delete(id)
    this.#underWay.delete(id)
    this.#look()
  }

  incarnationChanged(): void {
    this.#held.clear()
    this.#underWay.clear()
    this.#tellSoon()
  }

  #changed(): void {
    this.#version++
    this.#tellSoon()
  }

  #tellSoon(): void {
    this.#components.clock.endOfTurn(() => this.#tellLacking())
  }

  #tellLacking(): void {
    if (this.#isStopped) return
    const { lacking } = this
    this.#tell(lacking.filter(({ id }) => this.#underWay.get(id) !== this.#version))
    this.#timer?.cancel()
    if (lacking.length > 0) this.#timer = this.#components.clock.setTimer(AGAIN_MS, () => this.#tellLacking())
  }

  #tell(members: readonly Member[]): void {
    const { channel, keyring, logger } = this.#components
    if (members.length === 0 || this.#isStopped) return
    const version = this.#version
    const out = new ByteWriter(512).u8(KEYRING_NAMESPACE)
    writeRing(out, keyring.told)
    const done = ({ id }: Member) => this.#underWay.get(id) === version && this.#underWay.delete(id)
    const memberAccepted = (member: Member) => {
      done(member)
      this.#held.set(member.id, Math.max(version, this.#held.get(member.id) ?? 0))
      this.#look()
    }
    const memberFailed = ({ member, cause }: { member: Member; cause: Error }) => {
      done(member)
      logger.debug({ member, err: cause }, `The keys did not reach ${memberText(member)}; it is told again.`)
    }
    for (const { id } of members) this.#underWay.set(id, version)
    try {
      channel.post(members, out.take(), { guarantee: 'synchronized-ack' }, { memberAccepted, memberFailed })
    } catch (cause) {
      for (const member of members) memberFailed({ member, cause: cause as Error })
    }
  }

  #look(): void {
    for (const look of this.#waiters) look()
  }
}
