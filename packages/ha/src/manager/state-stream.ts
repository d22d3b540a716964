import { ByteWriter, type DeliveryObserver, type FaultyMember, type Member } from '@clowder/tribes'
import { HA_NAMESPACE, STATE_CODE } from '../wire/message-codec.js'
import type { Peers } from './peers.js'
import type { SessionCopy } from './session-copy.js'

const CHUNK_BYTES = 256 * 1024
/** Chunks on their way at a time: enough to keep a link busy, few enough that changes made meanwhile pass between them. */
const WINDOW = 4

/**
 * Sends many sessions to one member in chunks, each built when the one before it has been received. Packed copies are sent as they lie.
 * Ends with `finished(sent)`, or `finished(undefined)` when the member failed.
 */
export class StateStream implements DeliveryObserver {
  readonly #peers: Peers
  readonly #target: Member
  readonly #exchange: number
  readonly #copies: Iterator<SessionCopy>
  readonly #now: () => number
  readonly #finished: (sent: number | undefined) => void
  readonly #writer = new ByteWriter(CHUNK_BYTES + 4096)
  #inFlight = 0
  #sent = 0
  #isOver = false

  constructor(
    peers: Peers,
    target: Member,
    exchange: number,
    copies: Iterator<SessionCopy>,
    now: () => number,
    finished: (sent: number | undefined) => void,
  ) {
    this.#peers = peers
    this.#target = target
    this.#exchange = exchange
    this.#copies = copies
    this.#now = now
    this.#finished = finished
  }

  start(): void {
    this.#fill()
  }

  memberAccepted(): void {
    this.#inFlight--
    this.#fill()
  }

  memberFailed(_faulty: FaultyMember): void {
    this.#end(undefined)
  }

  #fill(): void {
    while (!this.#isOver && this.#inFlight < WINDOW) {
      const chunk = this.#nextChunk()
      if (!chunk) break
      this.#inFlight++
      this.#peers.sendBytes([this.#target], chunk, 'use-ack', this)
    }
    if (this.#inFlight === 0) this.#end(this.#sent)
  }

  #end(sent: number | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#finished(sent)
  }

  /** One STATE message (see message-codec), or undefined when there is nothing left. */
  #nextChunk(): Uint8Array | undefined {
    const out = this.#writer.clear()
    out.u8(HA_NAMESPACE).u32(this.#peers.manager).u8(STATE_CODE).u32(this.#exchange)
    const rows = new ByteWriter(CHUNK_BYTES + 4096)
    let count = 0
    while (rows.length < CHUNK_BYTES) {
      const next = this.#copies.next()
      if (next.done) break
      this.#writeCopy(rows, next.value)
      count++
    }
    if (count === 0) return undefined
    this.#sent += count
    return out.varint(count).raw(rows.view()).take()
  }

  #writeCopy(out: ByteWriter, copy: SessionCopy): void {
    out
      .text(copy.id)
      .varint(Math.floor(copy.idleMs(this.#now())))
      .raw(copy.packed())
  }
}
