import type { DeltaManager } from '@clowder/ha'
import { type Member, USE_ACK } from '@clowder/tribes'
import { commitTo, emptyState } from '../../../packages/ha/src/state/session-state.js'
import { textHash } from '../../../packages/ha/src/state/state-hash.js'
import { encodeMessage } from '../../../packages/ha/src/wire/message-codec.js'
import { type StartedCluster, startCluster } from '../../../packages/ha/test/support/delta-cluster.js'
import { jsonCodec } from '../../../packages/ha/test/support/json-codec.js'
import { sessionMessages } from '../../golden/kinds/session-messages.js'
import { userQuestions } from '../../golden/kinds/words.js'
import { type FuzzTarget, isRefusal } from '../target.js'

const REFUSALS = ['TRIBES_MALFORMED', 'TRIBES_NO_LISTENER']
const RESIDENT = 20
/** After so many rests a new cluster begins: what was made up is gone, and so is what it cost. */
const RESTS = 100
/** Sessions that were made up expire. */
const REST_MS = 2_000

/** A real manager that holds real sessions, beside another one, who hears what it answers. */
export class ManagerTarget implements FuzzTarget {
  readonly name = 'manager'
  readonly seeds: readonly Uint8Array[]
  #world!: StartedCluster
  #ids: string[] = []
  #rests = 0

  static async started(): Promise<ManagerTarget> {
    const seeds = sessionMessages.samples.map(([, value]) => sessionMessages.encode(value))
    const questions = userQuestions.samples.map(([, value]) => userQuestions.encode(value))
    const target = new ManagerTarget([...seeds, withProperties(), ...questions])
    await target.#begin()
    return target
  }

  private constructor(seeds: readonly Uint8Array[]) {
    this.seeds = seeds
  }

  /** Of the manager that there is, and mostly about a session that it holds. */
  mend(bytes: Buffer): void {
    if (bytes.length < 6) return
    bytes[0] = 0x48
    bytes.writeUInt32BE(textHash(this.#manager.name), 1)
    const id = this.#ids[bytes[5]! % this.#ids.length]!
    const at = bytes.indexOf(32, 6)
    if (at > 0 && at + 33 <= bytes.length && bytes[at + 1]! % 2 === 0) bytes.write(id, at + 1, 'latin1')
  }

  feed(bytes: Buffer): boolean {
    const message = { number: 1, options: USE_ACK, body: bytes, source: this.#source }
    try {
      if (!this.#manager.accept(message)) return false
      this.#manager.messageReceived(message)
      return true
    } catch (error) {
      if (isRefusal(error, REFUSALS)) return false
      throw error
    }
  }

  /** Whatever it was told, it goes on working, and nothing that it said was too much for the other one. */
  async rest(): Promise<void> {
    const { a, b, cluster } = this.#world
    await cluster.time.advance(REST_MS)
    const written = a.write(undefined, { round: this.#rests })
    if (a.standing(written.id) !== 'here') throw new Error('a session that was just written is not there')
    const untyped = [...a.channel.listenerErrors, ...b.channel.listenerErrors].find(
      error => !isRefusal(error, REFUSALS),
    )
    if (untyped) throw untyped
    if (++this.#rests % RESTS === 0) await this.#begin()
  }

  get #manager(): DeltaManager {
    return this.#world.a.manager
  }

  get #source(): Member {
    return this.#world.b.channel.localMember()
  }

  async #begin(): Promise<void> {
    this.#world = await startCluster({ seed: 1 + this.#rests, options: { maxInactiveInterval: 60 } })
    const { a, b, advance } = this.#world
    this.#ids = Array.from({ length: RESIDENT }, (_, i) => (i % 2 ? a : b).write(undefined, { i, name: 'tom' }).id)
    await advance(100)
    // A message that is known to be good, so that a world in which nothing is taken is noticed.
    const touch = encodeMessage(textHash(this.#manager.name), {
      type: 'TOUCH',
      accesses: [{ id: this.#ids[0]!, idleMs: 1 }],
    })
    if (!this.feed(touch)) throw new Error('a good message is not taken')
  }
}

/** A commit of what a session says of itself: some of it is read as soon as it comes. */
function withProperties(): Uint8Array {
  const values = { createdAt: 1_735_689_600_000, maxInactiveInterval: 60, user: ['tom', 1] }
  const encoded = Object.entries(values).map(([name, value]) => [`\0${name}`, jsonCodec.encode(value)] as const)
  const sender = String.fromCharCode(...Array<number>(16).fill(0x5e))
  const { delta } = commitTo(emptyState, sender, 5_000, new Map(encoded))
  return encodeMessage(0, { type: 'DELTA', id: 'abcdefghijklmnopqrstuvwxyz012345', delta })
}
