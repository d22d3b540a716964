import { ByteWriter, type DeliveryGuarantee, type DeliveryObserver, type Logger, type Member } from '@clowder/tribes'
import type { ClusterChannel } from '../cluster-channel.js'
import { textHash } from '../state/state-hash.js'
import { aliasOf, processOf } from '../state/version-vector.js'
import type { Message } from '../wire/message.js'
import { encodeMessage } from '../wire/message-codec.js'

/** Every commit carries it, in two bytes: that the names of two twins fall alike, and that both write to one session before they meet, is rare enough. */
const USUAL_ALIAS_BITS = 14

/** A name under which a process writes. */
export interface WriterName {
  readonly actor: string
  /** What makes it of the incarnation: see `aliasOf`. */
  readonly alias: number
}

/** The same manager on the other members: what this one says goes to all of them encoded once. */
export class Peers {
  /** The manager's name on the wire. */
  readonly manager: number
  readonly #channel: ClusterChannel
  readonly #logger: Logger
  #actor = ''
  #actorOf: string | undefined
  #usualName: WriterName | undefined
  readonly #writer = new ByteWriter(4096)

  constructor(components: { readonly channel: ClusterChannel; readonly logger: Logger }, managerName: string) {
    this.#channel = components.channel
    this.#logger = components.logger
    this.manager = textHash(managerName)
  }

  /**
   * This process's incarnation, of which the names are made that entries and vectors carry. Known once the channel has started; another one later if it turns out that a process elsewhere has
   * the same (a cloned machine).
   */
  get actor(): string {
    const local = this.#channel.localMember()
    if (local.id !== this.#actorOf) {
      this.#actorOf = local.id
      this.#actor = actorOf(local)
      this.#usualName = undefined
    }
    return this.#actor
  }

  /**
   * One of the names under which this process writes; 0: the usual one. They begin where its address says, so that it has none in common with a twin, which has the same
   * incarnation elsewhere.
   */
  ownName(place: number): WriterName {
    const { actor } = this
    this.#usualName ??= nameOf(actor, usualAliasAt(this.#channel.localMember()))
    return place === 0 ? this.#usualName : nameOf(actor, this.#usualName.alias + place)
  }

  get localId(): string {
    return this.#channel.localMember().id
  }

  members(): readonly Member[] {
    return this.#channel.members()
  }

  /** A hash of whom this process sees, itself among them, in whatever order: two of one view have the same. */
  get view(): number {
    return [this.#channel.localMember(), ...this.members()].reduce((sum, m) => (sum + textHash(actorOf(m))) >>> 0, 0)
  }

  isMember(member: Member): boolean {
    return this.#channel.members().some(m => m.id === member.id)
  }

  /** Whether it is this process's incarnation or a present member's. */
  isActor(actor: string): boolean {
    return actor === this.actor || this.#channel.members().some(m => actorOf(m) === actor)
  }

  /** The same, of what a token has of one of its names: an alias is its own as well. */
  isActorNamed(name: string): boolean {
    const process = processOf(name)
    return this.actor.startsWith(process) || this.#channel.members().some(m => actorOf(m).startsWith(process))
  }

  send(to: readonly Member[], message: Message, guarantee: DeliveryGuarantee, observer?: DeliveryObserver): void {
    if (to.length > 0) this.sendBytes(to, encodeMessage(this.manager, message, this.#writer), guarantee, observer)
  }

  /** Never throws: what the channel refuses altogether (stopped, too large) has failed for every member. The commit it tells of is made already. */
  sendBytes(to: readonly Member[], bytes: Uint8Array, guarantee: DeliveryGuarantee, observer?: DeliveryObserver): void {
    if (to.length === 0) return
    try {
      this.#channel.post(to, bytes, { guarantee }, observer)
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error))
      this.#logger.error({ err: cause, bytes: bytes.length }, 'The channel refused a session message.')
      for (const member of to) observer?.memberFailed?.({ member, cause })
    }
  }
}

function nameOf(actor: string, alias: number): WriterName {
  return { actor: aliasOf(actor, alias), alias }
}

function usualAliasAt({ host, port }: Member): number {
  return textHash(`${host}:${port}`) >>> (32 - USUAL_ALIAS_BITS)
}

/** A member's incarnation as latin1 text: half the memory of hexadecimal digits, and ordered as its bytes are. */
export function actorOf(member: Member): string {
  return Buffer.from(member.uniqueId).toString('latin1')
}

/** The same, of the member with this id. */
export function actorNamed(id: string): string {
  return Buffer.from(id, 'hex').toString('latin1')
}

/** And back. */
export function idOfActor(actor: string): string {
  return Buffer.from(actor, 'latin1').toString('hex')
}
