import t from 'tap'
import { SeededRandom, TraceHash, TraceKind } from '../src/index.js'
import { A, B, connected, joined } from './support/two-hosts.js'

const LINK = { fromNumber: 1, toNumber: 2 }

function digestOf(at: number, link: typeof LINK, words: Int32Array, length: number): string {
  const trace = new TraceHash()
  trace.note(TraceKind.data, at, link, words, length)
  return trace.digest()
}

t.test('moment, link, length, and each byte of a short content make a difference', async t => {
  const words = new Int32Array(16)
  const bytes = new Uint8Array(words.buffer)
  const digests = new Set([digestOf(1, LINK, words, 61)])
  digests.add(digestOf(1.5, LINK, words, 61))
  digests.add(digestOf(1, { fromNumber: 2, toNumber: 1 }, words, 61))
  digests.add(digestOf(1, LINK, words, 60))
  for (let i = 0; i < 61; i++) {
    bytes[i] = 1
    digests.add(digestOf(1, LINK, words, 61))
    bytes[i] = 0
  }
  t.equal(digests.size, 65)
  bytes[61] = 1
  t.equal(digestOf(1, LINK, words, 61), digestOf(1, LINK, new Int32Array(16), 61), 'what is past the end does not')
})

/** All faults at once, on two hosts that talk all the time. */
async function storm(seed: number): Promise<string> {
  const random = new SeededRandom(seed)
  const { clock, network, a, b, dial, ...first } = await connected({}, seed)
  const socket = await joined(a, [])
  await joined(b, [])
  const acts = [
    () => network.change({ datagramLoss: 0.1, datagramDuplication: 0.1, datagramReorder: 0.2, bytesPerMs: 100 }),
    () => network.changeLink(A, B, { datagramDelayMs: { min: 0, max: 500 }, streamDelayMs: { min: 0, max: 50 } }),
    () => network.driftClock(A, 1.01),
    () => network.clog(A, B),
    () => network.stall(B, random.below(50)),
    () => network.resetStreams(A, B),
    () => network.resetAfterBytes(A, B, random.below(100)),
    () => network.healEverything(),
  ]
  let { client } = first
  for (let i = 0; i < 500; i++) {
    acts[random.below(acts.length)]!()
    client.stream.write([Buffer.from(`${i}`.repeat(1 + random.below(50)))])
    await socket.send(Buffer.from(`${i}`))
    a.clock.setTimer(random.between(0, 10), () => void socket.send(Buffer.from('timer')))
    await clock.advance(random.between(0, 20))
    if (!client.closed) continue
    network.healEverything()
    client = (await dial()).client
  }
  return `${network.trace.digest()} ${network.trace.entries} ${clock.turns}`
}

t.test('with every fault on, the same seed leaves the same trace, another seed another one', async t => {
  const first = await storm(1)
  t.equal(await storm(1), first)
  t.not(await storm(2), first)
})

t.test('faults that are off draw nothing: the run is as if they did not exist', async t => {
  const run = async (healed: boolean) => {
    const { clock, network, client, server } = await connected()
    if (healed) {
      network.change({ datagramLoss: 0, datagramReorder: 0, bytesPerMs: Infinity, resetAfterBytes: undefined })
      network.changeLink(A, B, { datagramDelayMs: { min: 0, max: 0 }, streamDelayMs: { min: 0, max: 0 } })
      network.healEverything()
    }
    for (let i = 0; i < 100; i++) {
      client.stream.write([Buffer.from(`${i}`)])
      server.stream.write([Buffer.from(`${i}`)])
      await clock.advance(0.5)
    }
    return network.trace.digest()
  }
  t.equal(await run(true), await run(false))
})

t.test('one seed leaves the same trace on every version of Node; it changes with the physics only', async t => {
  t.equal(await storm(7), 'ce2ceeb1d1fe5019 2483 3904')
})
