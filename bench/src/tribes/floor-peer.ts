/*
 * What the machine allows: 1 KiB frames over one bare socket, copied into one buffer per turn, one cumulative acknowledgement per chunk read. No
 * membership, no interceptors, no failure handling. Run as `floor-peer.js` (listens) or `floor-peer.js PORT` (connects).
 *
 *   frame    length u32 | wantsAck u8 | body          acknowledgement    how many more u32
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { serveLines } from '../process/line-commands.js'
import { Arrivals } from './arrivals.js'
import type { SendOption } from './lanes.js'
import { peerCommands } from './peer-commands.js'

type Settled = (isAccepted: boolean) => void

const HEADER_BYTES = 5
/** More than all lanes' messages, and more than asynchronous ones may wait. */
const BATCH_BYTES = 2_097_152

/** One write per turn, and none before the socket has taken the last one. */
class FloorSender {
  readonly #socket: Socket
  readonly #unacknowledged: Settled[] = []
  #firstUnacknowledged = 0
  #batch = Buffer.allocUnsafe(BATCH_BYTES)
  #spare = Buffer.allocUnsafe(BATCH_BYTES)
  #length = 0
  #handed: Settled[] = []
  #isWriting = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#acknowledged(chunk))
  }

  send(body: Buffer, option: SendOption, settled: Settled): void {
    if (this.#length === 0) queueMicrotask(() => this.#flush())
    const wantsAck = option !== 8
    this.#batch.writeUInt32BE(body.length, this.#length)
    this.#batch[this.#length + 4] = wantsAck ? 1 : 0
    body.copy(this.#batch, this.#length + HEADER_BYTES)
    this.#length += HEADER_BYTES + body.length
    if (wantsAck) this.#unacknowledged.push(settled)
    else this.#handed.push(settled)
  }

  #flush(): void {
    if (this.#length === 0 || this.#isWriting) return
    const handed = this.#handed
    this.#handed = []
    this.#isWriting = true
    this.#socket.write(this.#batch.subarray(0, this.#length), () => this.#taken(handed))
    ;[this.#batch, this.#spare] = [this.#spare, this.#batch]
    this.#length = 0
  }

  #taken(handed: readonly Settled[]): void {
    this.#isWriting = false
    for (const settled of handed) settled(true)
    this.#flush()
  }

  #acknowledged(chunk: Buffer): void {
    for (let at = 0; at + 4 <= chunk.length; at += 4) {
      for (let left = chunk.readUInt32BE(at); left > 0; left--) this.#unacknowledged[this.#firstUnacknowledged++]!(true)
    }
    if (this.#firstUnacknowledged < 4096) return
    this.#unacknowledged.splice(0, this.#firstUnacknowledged)
    this.#firstUnacknowledged = 0
  }
}

function receive(socket: Socket, arrivals: Arrivals): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    let owed = 0
    while (at + HEADER_BYTES <= bytes.length) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at)
      if (end > bytes.length) break
      owed += bytes[at + 4]!
      arrivals.add(bytes.subarray(at + HEADER_BYTES, end))
      at = end
    }
    rest = bytes.subarray(at)
    if (owed > 0) socket.write(acknowledgement(owed))
  })
}

function acknowledgement(count: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(count)
  return bytes
}

const arrivals = new Arrivals()
const port = Number(process.argv[2])
if (port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const sender = new FloorSender(socket)
  await serveLines(
    { port },
    peerCommands((body, option, settled) => sender.send(body, option, settled), arrivals),
  )
} else {
  const server = createServer({ noDelay: true }, socket => receive(socket, arrivals)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await serveLines(
    { port: (server.address() as AddressInfo).port },
    peerCommands(() => {}, arrivals),
  )
}
