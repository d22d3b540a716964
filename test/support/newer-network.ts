import type { MulticastHandlers, MulticastOptions, Network, Stream } from '@clowder/tribes'
import { nodeNetwork } from '../../packages/node/src/index.js'
import { FrameSplitter } from '../../packages/tribes/src/wire/frame-splitter.js'

const HELLO = 1
const MESSAGE = 4
const OF_A_SESSION = 0x48
const MESSAGE_BODY = 14
const HIGHEST_PROTOCOL_OFFSET = 13
const MAX_FRAME_BYTES = 16_777_216
const LATER = Buffer.from('later')
/** A whole frame of a type that today's members do not have. */
const NEW_FRAME = Buffer.concat([Buffer.from([0, 0, 0, 9, 1, 0x63, 0xff, 0xff]), LATER])

/**
 * What a member of a later minor version would say in place of today's, on real sockets: everything is longer at its end, has flags that today's do not have, and is followed by
 * frames of a new type; its HELLO offers another protocol too. What it hears is what today's say.
 */
export const newerNetwork: Network = {
  ...nodeNetwork,
  listen: (address, accept) => nodeNetwork.listen(address, stream => accept(newerStream(stream))),
  connect: async (address, timeoutMs) => newerStream(await nodeNetwork.connect(address, timeoutMs)),
  joinMulticast: newerMulticast,
}

function newerStream(stream: Stream): Stream {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES)
  return new Proxy(stream, {
    get(target, name) {
      if (name === 'write') return (chunks: readonly Uint8Array[]) => target.write(newerChunks(splitter, chunks))
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function newerChunks(splitter: FrameSplitter, chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  const frames: Buffer[] = []
  for (const chunk of chunks)
    splitter.push(
      chunk,
      (bytes, start, end) => void frames.push(...newerFrames(Buffer.from(bytes.subarray(start - 4, end)))),
    )
  return frames
}

function newerFrames(frame: Buffer): Buffer[] {
  const type = frame[5]
  const isOthers = type === MESSAGE && frame[MESSAGE_BODY] !== OF_A_SESSION
  const longer = isOthers ? frame : Buffer.concat([frame, LATER])
  longer.writeUInt32BE(longer.length - 4, 0)
  longer.writeUInt16BE(longer.readUInt16BE(6) | 0xff00, 6)
  if (type === HELLO) longer[HIGHEST_PROTOCOL_OFFSET] = 2
  // Before the handshake is complete nothing else may be said.
  return type === HELLO || type === 2 || type === 3 ? [longer] : [longer, NEW_FRAME]
}

async function newerMulticast(options: MulticastOptions, handlers: MulticastHandlers) {
  const socket = await nodeNetwork.joinMulticast(options, handlers)
  return { close: () => socket.close(), send: (bytes: Uint8Array) => socket.send(newerDatagram(bytes)) }
}

function newerDatagram(bytes: Uint8Array): Uint8Array {
  const longer = Buffer.concat([bytes, LATER])
  longer.writeUInt16BE(longer.readUInt16BE(6) | 0xff00, 6)
  return longer
}
