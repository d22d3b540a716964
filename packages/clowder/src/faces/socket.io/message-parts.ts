import { ByteReader, ByteWriter, MalformedError, type Member, MessageTooLargeError } from '@clowder/tribes'

// u8 0x53 · text name of the server · varint number · varint parts · varint index · bytes

/** First byte of every message between adapters ('S'): tells them from other users of the channel. */
const SOCKET_IO_NAMESPACE = 0x53
/** Fits the smallest `receiver.maxFrameBytes` that can be configured, with its header. */
const PART_BYTES = 61_440
const MAX_PARTS = 4_096
/** Of a message in all its parts: so much is kept for a member whose last part has not come. */
const MAX_MESSAGE_BYTES = 67_108_864

function headOf(name: string): Buffer {
  return new ByteWriter().u8(SOCKET_IO_NAMESPACE).text(name).take()
}

/** Cuts messages into parts that fit a frame: a list of all sockets may be longer than one. */
export class PartWriter {
  readonly #head: Buffer
  #number = 0

  constructor(name: string) {
    this.#head = headOf(name)
  }

  /** Throws MessageTooLargeError. */
  parts(message: Uint8Array): Uint8Array[] {
    if (message.length > MAX_MESSAGE_BYTES) throw new MessageTooLargeError(message.length, MAX_MESSAGE_BYTES)
    const count = Math.max(1, Math.ceil(message.length / PART_BYTES))
    const number = ++this.#number
    return Array.from({ length: count }, (_, index) => {
      const bytes = message.subarray(index * PART_BYTES, (index + 1) * PART_BYTES)
      const out = new ByteWriter(bytes.length + this.#head.length + 16)
      return out.raw(this.#head).varint(number).varint(count).varint(index).raw(bytes).take()
    })
  }
}

interface Unfinished {
  readonly number: number
  readonly parts: Uint8Array[]
  bytes: number
}

/** Puts the parts together. They come in order and one message after the other, for that is how they were posted; a message that lacks one is dropped. */
export class PartReader {
  readonly #head: Buffer
  /** By their sender's id. */
  readonly #unfinished = new Map<string, Unfinished>()

  constructor(name: string) {
    this.#head = headOf(name)
  }

  accepts(body: Uint8Array): boolean {
    return this.#head.equals(body.subarray(0, this.#head.length))
  }

  /** The message that this part completes, perhaps as a view of `body`. Throws MalformedError. */
  read(body: Uint8Array, source: Member): Uint8Array | undefined {
    const input = new ByteReader(body)
    input.raw(this.#head.length)
    const number = input.varint()
    const count = input.varint()
    const index = input.varint()
    if (count > MAX_PARTS) throw new MalformedError(`a message of Socket.IO has ${count} parts`)
    const bytes = input.raw(input.remaining)
    if (count === 1) return bytes
    const parts = this.#withPart(source.id, number, index, bytes)
    if (parts?.length !== count) return undefined
    this.#unfinished.delete(source.id)
    return Buffer.concat(parts)
  }

  forget(source: Member): void {
    this.#unfinished.delete(source.id)
  }

  #withPart(source: string, number: number, index: number, bytes: Uint8Array): Uint8Array[] | undefined {
    if (index === 0) this.#unfinished.set(source, { number, parts: [], bytes: 0 })
    const unfinished = this.#unfinished.get(source)
    if (unfinished?.number !== number || unfinished.parts.length !== index) return undefined
    unfinished.bytes += bytes.length
    if (unfinished.bytes > MAX_MESSAGE_BYTES) {
      this.#unfinished.delete(source)
      throw new MalformedError(`a message of Socket.IO of more than ${MAX_MESSAGE_BYTES} bytes`)
    }
    unfinished.parts.push(Uint8Array.from(bytes))
    return unfinished.parts
  }
}
