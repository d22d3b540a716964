// Somebody on the same network who does not know the secret: listens for heartbeats, then floods the cluster. Started with its target as JSON; obeys {kind, port, seconds}
// by IPC and answers with how much it sent.
import { randomBytes, randomFillSync } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const { group, port, datagramsPerSecond, connectsPerSecond, receivers } = JSON.parse(process.argv[2])
const PACE_MS = 2
const MOST_MADE_UP_FOR_MS = 50
const VOICE_AT = 16
const COUNTER_AT = 32

const recorded = []
const ear = createSocket({ type: 'udp4', reuseAddr: true })
ear.on('message', bytes => {
  if (recorded.length < 200) recorded.push(bytes)
})
const mouth = createSocket('udp4')
await new Promise(resolve => ear.bind({ address: group, port }, resolve))
ear.addMembership(group)
await new Promise(resolve => mouth.bind(0, resolve))

let said = 0
const random = randomBytes(64 * 1024)
const forged = Buffer.alloc(1200)

/** The next datagram of each kind. */
const KINDS = {
  random: () => {
    const at = (said * 97) % (random.length - 1300)
    return random.subarray(at, at + 100 + (said % 1100))
  },
  /** With a true key id, and a voice that is known there or not. */
  forged: () => {
    const original = recorded[said % recorded.length]
    original.copy(forged)
    if (said % 2 === 0) randomFillSync(forged, VOICE_AT, COUNTER_AT - VOICE_AT)
    forged.writeUInt32BE(1_000_000 + said, COUNTER_AT + 4)
    return forged.subarray(0, original.length)
  },
  replayed: () => recorded[said % recorded.length],
}
KINDS.mixed = () => Object.values(KINDS)[said % 3]()

function say(kind, toPort, count) {
  for (let n = 0; n < count; n++, said++) mouth.send(Buffer.from(KINDS[kind]()), toPort, group)
}

const GREETINGS = [
  () => undefined,
  () => Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  () => Buffer.concat([Buffer.from('CLWS\x01\x01\x01\x00', 'latin1'), randomBytes(56)]),
]
let dialled = 0
const sockets = new Set()

function dial(toPort, count) {
  for (let n = 0; n < count; n++, dialled++) {
    const { host, port: receiverPort } = receivers[dialled % receivers.length]
    const socket = connect({ host, port: toPort ?? receiverPort })
    sockets.add(socket)
    const greeting = GREETINGS[dialled % GREETINGS.length]()
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (greeting) socket.write(greeting)
  }
  // It has as many open as its system bears.
  for (const oldest of sockets) {
    if (sockets.size <= 2000) break
    sockets.delete(oldest)
    oldest.destroy()
  }
}

/** What was left undone in a turn that came late is made up for in the next, but not all at once: that would be another flood. */
async function flood({ kind, isControl, seconds }) {
  const before = { said, dialled }
  const startedMs = performance.now()
  const startCpu = process.cpuUsage()
  for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedMs) {
    const due = (rate, done) =>
      Math.min(Math.floor((rate * elapsedMs) / 1000) - done, Math.ceil((rate * MOST_MADE_UP_FOR_MS) / 1000))
    if (kind !== 'connects') say(kind, isControl ? port + 1 : port, due(datagramsPerSecond, said - before.said))
    if (kind === 'connects' || kind === 'mixed')
      dial(isControl ? 9 : undefined, due(connectsPerSecond, dialled - before.dialled))
    await new Promise(resolve => setTimeout(resolve, PACE_MS))
  }
  for (const socket of sockets) socket.destroy()
  const { user, system } = process.cpuUsage(startCpu)
  const sent = { datagrams: said - before.said, connects: dialled - before.dialled }
  return { ...sent, tookMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 }
}

process.on('message', async job => process.send(await flood(job)))
process.on('disconnect', () => process.exit())
const untilRecorded = setInterval(() => {
  if (recorded.length < 10) return
  clearInterval(untilRecorded)
  process.send('ready')
}, 50)
