/** A host (name or literal) and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What one end of a stream hears. All calls come from the event loop, never from inside `write`. */
export interface StreamHandlers {
  /** The bytes belong to the handler only during the call, unless it copies them. */
  data(bytes: Uint8Array): void
  /** The buffer that made `write` answer false is empty again. */
  drained(): void
  /** Once; nothing follows. `error` is absent after an orderly end. */
  closed(error?: Error): void
}

/** An ordered stream of bytes to one peer (TCP). Handlers must be opened in the turn in which the stream was handed over. */
export interface Stream {
  readonly local: Address
  readonly remote: Address
  /** Where the peer has shown a certificate: the names and addresses that it is for. Absent: who is admitted to the cluster at all may have any name. */
  readonly peerNames?: readonly string[]
  /** Bytes accepted by `write` and not yet taken by the kernel. */
  readonly bufferedBytes: number
  open(handlers: StreamHandlers): void
  /** One system call's worth: the chunks leave together. Not copied, so they must not change. False: wait for `drained`. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Stops reading, so that the peer feels back-pressure. */
  pause(): void
  resume(): void
  /** Sends what is buffered, then closes. */
  end(): void
  /** Closes at once and drops what is buffered. */
  destroy(error?: Error): void
}

export interface Listener {
  /** What was bound (the port is never 0). */
  readonly address: Address
  close(): Promise<void>
}

export interface MulticastOptions {
  /** IPv4 or IPv6 group, e.g. `228.0.0.4`. */
  readonly group: string
  readonly port: number
  /** Address of the interface to use; absent: the system's choice plus loopback. */
  readonly bind?: string
  /** Hops; absent: the system's default (1). */
  readonly ttl?: number
  /** True: other processes of this host do not hear us. */
  readonly loopbackDisabled: boolean
}

/**
 * Why a datagram does not go up. `malformed`: not one of ours. `strange`: a heartbeat of another cluster, or of somebody with another
 * secret or none.
 * `forged`: not sealed by whoever has the key that it names. `replayed`: heard before. `shed`: not looked at, because too many came that are none of ours.
 */
export type DatagramRefusal = 'malformed' | 'strange' | 'forged' | 'replayed' | 'shed'

export interface MulticastHandlers {
  datagram(bytes: Uint8Array, from: Address): void
  /** Nobody but a log and a counter should care. */
  refused?(why: DatagramRefusal, from: Address): void
  failed(error: Error): void
}

export interface MulticastSocket {
  /** Resolves when the system took it; rejects with the system's error (ENETUNREACH, EPERM, ENOBUFS, …). */
  send(bytes: Uint8Array): Promise<void>
  /** Leaves what comes unread, and lost, until `resume`; sending goes on. Where the system cannot, it goes on reading. */
  pause?(): void
  resume?(): void
  close(): Promise<void>
}

/** One address of this host. */
export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
  readonly internal: boolean
}

/** Sockets, as a port. */
export interface Network {
  joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket>
  /** Rejects with the system's error (`code` EADDRINUSE, EADDRNOTAVAIL, EACCES, …). */
  listen(address: Address, accept: (stream: Stream) => void): Promise<Listener>
  /** Rejects with the system's error, or with `code` ETIMEDOUT after `timeoutMs`. */
  connect(address: Address, timeoutMs: number): Promise<Stream>
  /** All addresses of a name; a literal resolves to itself. Rejects when it cannot be resolved. */
  resolve(host: string): Promise<readonly string[]>
  /** The addresses of this host's interfaces that are up. */
  hostAddresses(): readonly HostAddress[]
}
