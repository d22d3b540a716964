import { ByteWriter, type Member, MemberBehindError, MessageTooLargeError } from '@clowder/tribes'
import { HA_NAMESPACE, STATE_CODE } from '../wire/message-codec.js'
import type { Peers } from './peers.js'
import type { Room } from './room.js'
import type { SessionCopy } from './session-copy.js'

/** A chunk is not larger, unless it is a single copy: changes and answers that are sent meanwhile pass between two of them. */
const CHUNK_BYTES = 32 * 1024
/**
 * So much is on its way at a time: enough to keep both ends busy while the other one is not running, little enough that an answer that comes behind it is not long
 * in coming, and that reading it holds up the receiver's event loop for milliseconds only.
 */
const WINDOW_BYTES = 512 * 1024

export interface StateStreamComponents {
  readonly peers: Peers
  readonly clock: { now(): number }
  /** Where it waits while the member is behind. Absent: that is the end of it. */
  readonly room?: Room | undefined
  /** Told of a copy that no message can take. What comes behind it is sent all the same. */
  leftOut?(copy: SessionCopy): void
}

/** Copies in one message, and the first of them. */
interface Chunk {
  readonly out: ByteWriter
  readonly first: SessionCopy
  readonly count: number
}

/** The memory of a chunk: how long a copy will be is known about, and its head has some bytes. */
const USUAL_BYTES = CHUNK_BYTES + 4 * 1024

/**
 * Sends many sessions to one member in chunks, each built when one before it has been received, in its memory: a gigabyte of buffers would have the garbage
 * collector walk over all copies again and again. However many lists of copies are appended, the window is one. Packed copies are sent as they lie. Calls `finished` once: with how many were sent, after `close` and when all have been received,
 * or with undefined when the member failed. After `cancel` it calls nothing.
 */
export class StateStream {
  readonly #components: StateStreamComponents
  readonly #target: Member
  readonly #exchange: number
  readonly #finished: (sent: number | undefined) => void
  readonly #sources: Iterator<SessionCopy>[] = []
  /** Most streams are opened to somebody who turns out to lack nothing: made with the first chunk. */
  #rows: ByteWriter | undefined
  /** The chunks on their way. */
  readonly #inFlight = new Set<Chunk>()
  /** Those that were refused, because the member is behind. */
  readonly #refused: Chunk[] = []
  #isWaiting = false
  /** The memory of those that have been received. */
  readonly #free: ByteWriter[] = []
  #inFlightBytes = 0
  #sent = 0
  #isClosed = false
  #isOver = false

  constructor(
    components: StateStreamComponents,
    target: Member,
    exchange: number,
    finished: (sent: number | undefined) => void,
  ) {
    this.#components = components
    this.#target = target
    this.#exchange = exchange
    this.#finished = finished
  }

  get isSending(): boolean {
    return this.#inFlight.size > 0
  }

  append(copies: Iterator<SessionCopy>): void {
    this.#sources.push(copies)
    this.#fill()
  }

  /** Nothing more will be appended. */
  close(): void {
    this.#isClosed = true
    this.#fill()
  }

  cancel(): void {
    this.#isOver = true
  }

  #fill(): void {
    while (!this.#isOver && !this.#isWaiting && this.#inFlightBytes < WINDOW_BYTES) {
      const chunk = this.#refused.shift() ?? this.#nextChunk()
      if (!chunk) break
      this.#send(chunk)
    }
    if (this.#isClosed && this.#inFlight.size + this.#refused.length === 0) this.#end(this.#sent)
  }

  #send(chunk: Chunk): void {
    this.#inFlight.add(chunk)
    this.#inFlightBytes += chunk.out.length
    this.#components.peers.sendBytes([this.#target], chunk.out.view(), 'use-ack', {
      memberAccepted: () => this.#accepted(chunk),
      memberFailed: ({ cause }) => this.#failed(chunk, cause),
    })
  }

  #accepted(chunk: Chunk): void {
    this.#landed(chunk)
    this.#sent += chunk.count
    if (chunk.out.length <= USUAL_BYTES) this.#free.push(chunk.out)
    this.#fill()
  }

  #failed(chunk: Chunk, cause: Error): void {
    const { room } = this.#components
    this.#landed(chunk)
    if (cause instanceof MessageTooLargeError && chunk.count === 1) {
      this.#components.leftOut?.(chunk.first)
      return this.#fill()
    }
    if (!room || !(cause instanceof MemberBehindError)) return this.#end(undefined)
    this.#refused.push(chunk)
    if (this.#isWaiting) return
    this.#isWaiting = true
    void room.at(this.#target).then(() => {
      this.#isWaiting = false
      this.#fill()
    })
  }

  #landed(chunk: Chunk): void {
    this.#inFlight.delete(chunk)
    this.#inFlightBytes -= chunk.out.length
  }

  #end(sent: number | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#finished(sent)
  }

  /** One STATE message (see message-codec), or undefined when there is nothing to send now. */
  #nextChunk(): Chunk | undefined {
    const first = this.#nextCopy()
    if (!first) return undefined
    const rows = (this.#rows ??= new ByteWriter(CHUNK_BYTES)).clear()
    let count = 0
    for (let copy: SessionCopy | undefined = first; copy; copy = this.#nextCopy()) {
      // A large one behind others might not fit a message with them.
      if (count > 0 && rows.length + copy.packedLength > CHUNK_BYTES) {
        this.#sources.unshift([copy].values())
        break
      }
      this.#writeCopy(rows, copy)
      count++
    }
    const out = this.#free.pop()?.clear() ?? new ByteWriter(USUAL_BYTES)
    out.u8(HA_NAMESPACE).u32(this.#components.peers.manager).u8(STATE_CODE).u32(this.#exchange)
    out.varint(count).raw(rows.view())
    return { out, first, count }
  }

  #nextCopy(): SessionCopy | undefined {
    for (;;) {
      const source = this.#sources[0]
      const next = source?.next()
      if (next && !next.done) return next.value
      if (!source) return undefined
      this.#sources.shift()
    }
  }

  #writeCopy(out: ByteWriter, copy: SessionCopy): void {
    const idleMs = Math.floor(copy.idleMs(this.#components.clock.now()))
    copy.write(out.text(copy.id).varint(idleMs))
  }
}
