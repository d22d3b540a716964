import type { Address, Network, Stream } from '@clowder/tribes'

const PATIENCE_MS = 2000

/** A connection of the fuzzer's to a member: what is answered after the first bytes is read and dropped, and that it is closed on us is what we came for. */
export class LiveStream {
  readonly #stream: Stream | undefined
  readonly #closed: Promise<void>
  /** The first bytes of it; undefined when it was closed without any. */
  readonly answer: Promise<Buffer | undefined>
  #drained: () => void = () => {}
  isClosed = false

  /** One that is closed already, when nobody lets us in. */
  static async to(network: Network, address: Address): Promise<LiveStream> {
    return new LiveStream(await network.connect(address, PATIENCE_MS).catch(() => undefined))
  }

  private constructor(stream: Stream | undefined) {
    this.#stream = stream
    this.isClosed = stream === undefined
    let said: (first?: Buffer) => void = () => {}
    this.answer = new Promise(resolve => {
      said = resolve
    })
    this.#closed = new Promise(resolve => {
      const closed = () => {
        this.isClosed = true
        said()
        resolve()
      }
      const data = (bytes: Buffer) => said(Buffer.from(bytes))
      if (stream) stream.open({ data, drained: () => this.#drained(), closed })
      else closed()
    })
  }

  /** Resolves when the system takes more, and a turn has passed. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.isClosed) return
    const drained = new Promise<void>(resolve => {
      this.#drained = resolve
    })
    if (!this.#stream!.write([bytes])) await Promise.race([drained, this.#closed])
    await new Promise(resolve => setImmediate(resolve))
  }

  async end(): Promise<void> {
    this.#stream?.end()
    const timer = setTimeout(() => this.#stream?.destroy(), 100)
    await this.#closed
    clearTimeout(timer)
  }
}
