import type { Listener, Network, Stream } from '@clowder/tribes'
import { nodeNetwork } from '../../src/index.js'
import { until } from './keep-open.js'

/** One end of a stream and what it heard. */
export class StreamEnd {
  readonly stream: Stream
  readonly chunks: Buffer[] = []
  receivedBytes = 0
  drained = 0
  readonly closed: (Error | undefined)[] = []

  constructor(stream: Stream) {
    this.stream = stream
    stream.open({
      data: bytes => {
        this.chunks.push(Buffer.from(bytes))
        this.receivedBytes += bytes.length
      },
      drained: () => void this.drained++,
      closed: error => void this.closed.push(error),
    })
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return this.received.toString()
  }
}

export interface Pair {
  readonly listener: Listener
  readonly dialled: StreamEnd
  readonly accepted: StreamEnd
}

/** Two ends on loopback, and the listener that brought them together. */
export async function connectedPair(network: Network = nodeNetwork, host = '127.0.0.1'): Promise<Pair> {
  const accepted: StreamEnd[] = []
  const listener = await network.listen({ host, port: 0 }, stream => void accepted.push(new StreamEnd(stream)))
  const dialled = new StreamEnd(await network.connect(listener.address, 1000))
  await until(() => accepted.length === 1)
  return { listener, dialled, accepted: accepted[0]! }
}
