import type { Listener, Stream } from '@clowder/tribes'
import { SeededRandom, type SimHost, SimNetwork, type SimNetworkOptions, VirtualClock } from '../../src/index.js'

export const A = '10.0.0.1'
export const B = '10.0.0.2'
export const GROUP = { group: '228.0.0.4', port: 45564, loopbackDisabled: false }

export function worldOf(options: SimNetworkOptions = {}, seed = 1) {
  const clock = new VirtualClock()
  const network = new SimNetwork({ clock, random: new SeededRandom(seed) }, options)
  return { clock, network, a: network.host(A), b: network.host(B) }
}

/** One end of a stream: what it heard. */
export class End {
  readonly stream: Stream
  readonly chunks: Uint8Array[] = []
  readonly views: Uint8Array[] = []
  closed: string | undefined
  drained = 0

  constructor(stream: Stream) {
    this.stream = stream
    stream.open({
      data: bytes => {
        this.chunks.push(Uint8Array.from(bytes))
        this.views.push(bytes)
      },
      drained: () => void this.drained++,
      closed: error => {
        this.closed = error ? (error as Error & { code: string }).code : 'orderly'
      },
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

/** Two hosts and a stream between them; `dial` opens a further one. */
export async function connected(options: SimNetworkOptions = {}, seed = 1) {
  const world = worldOf(options, seed)
  const accepted: End[] = []
  const listener: Listener = await world.b.listen({ host: B, port: 4000 }, stream => accepted.push(new End(stream)))
  const dial = async () => {
    const client = new End(await world.clock.completion(world.a.connect({ host: B, port: 4000 }, 1000)))
    await world.clock.advance(10)
    return { client, server: accepted.at(-1)! }
  }
  return { ...world, listener, dial, ...(await dial()) }
}

/** A datagram socket of `host` that writes down what it hears in `heard`. */
export async function joined(host: SimHost, heard: string[], loopbackDisabled = false) {
  const datagram = (bytes: Uint8Array, from: { host: string }) =>
    void heard.push(`${host.address} ${Buffer.from(bytes).toString()} from ${from.host}`)
  return host.joinMulticast({ ...GROUP, loopbackDisabled }, { datagram, failed: () => {} })
}
