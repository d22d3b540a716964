import type { MulticastHandlers, MulticastOptions, Network, Stream, StreamHandlers } from '@clowder/tribes'
import { nodeNetwork } from '../../packages/node/src/index.js'
import { decodeDatagram, encodeDatagram } from '../../packages/tribes/src/wire/datagram.js'
import { FrameSplitter } from '../../packages/tribes/src/wire/frame-splitter.js'

const REFUSED = 3
const MESSAGE = 4
const REASON_OFFSET = 8
const MESSAGE_BODY = 14
const MAX_FRAME_BYTES = 16_777_216
/** The reasons of a REFUSED that version 1 began with. */
const FIRST_REASONS = 7
/** Messages that came later: what members tell each other of sessions that ended, of keys, of Socket.IO and of routes. */
const LATER_BODIES: ReadonlySet<number | undefined> = new Set([0x45, 0x4b, 0x53, 0x57])
const UNKNOWN = 0xee

/**
 * What a member of an earlier minor version says and understands, on real sockets, in so far as that is less than today's: it fills no question up, says nothing that came later, and of what
 * today's say it knows neither the later reasons nor the later messages.
 */
export const olderNetwork: Network = {
  ...nodeNetwork,
  listen: (address, accept) => nodeNetwork.listen(address, stream => accept(olderStream(stream))),
  connect: async (address, timeoutMs) => olderStream(await nodeNetwork.connect(address, timeoutMs)),
  joinMulticast: olderMulticast,
}

function olderStream(stream: Stream): Stream {
  const [sent, heard] = [new FrameSplitter(MAX_FRAME_BYTES), new FrameSplitter(MAX_FRAME_BYTES)]
  return new Proxy(stream, {
    get(target, name) {
      if (name === 'write') return (chunks: readonly Uint8Array[]) => target.write(framesOf(sent, chunks, toldByOlder))
      if (name === 'open') return (handlers: StreamHandlers) => target.open(olderHandlers(heard, handlers))
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function olderHandlers(heard: FrameSplitter, handlers: StreamHandlers): StreamHandlers {
  return {
    data: bytes => {
      for (const frame of framesOf(heard, [bytes], knownToOlder)) handlers.data(frame)
    },
    drained: () => handlers.drained(),
    closed: error => handlers.closed(error),
  }
}

function framesOf(
  splitter: FrameSplitter,
  chunks: readonly Uint8Array[],
  change: (frame: Buffer) => Buffer | undefined,
): readonly Buffer[] {
  const frames: Buffer[] = []
  for (const chunk of chunks)
    splitter.push(chunk, (bytes, start, end) => {
      const frame = change(Buffer.from(bytes.subarray(start - 4, end)))
      if (frame) frames.push(frame)
    })
  return frames
}

/** Undefined: it does not say that. */
function toldByOlder(frame: Buffer): Buffer | undefined {
  return frame[5] === MESSAGE && LATER_BODIES.has(frame[MESSAGE_BODY]) ? undefined : frame
}

function knownToOlder(frame: Buffer): Buffer {
  if (frame[5] === REFUSED && frame[REASON_OFFSET]! > FIRST_REASONS) frame[REASON_OFFSET] = 0xff
  if (frame[5] === MESSAGE && LATER_BODIES.has(frame[MESSAGE_BODY])) frame[MESSAGE_BODY] = UNKNOWN
  return frame
}

async function olderMulticast(options: MulticastOptions, handlers: MulticastHandlers) {
  const socket = await nodeNetwork.joinMulticast(options, handlers)
  const send = (bytes: Uint8Array) => socket.send(encodeDatagram(decodeDatagram(bytes)))
  return { close: () => socket.close(), send }
}
