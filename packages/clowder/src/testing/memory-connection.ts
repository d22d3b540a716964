import { type Duplex, duplexPair } from 'node:stream'

/** What handlers, frameworks and Node's HTTP itself ask of a socket and a plain stream lacks. Nothing times out in memory. */
const SOCKET_MANNERS: PropertyDescriptorMap = {
  remoteAddress: { value: '127.0.0.1' },
  remoteFamily: { value: 'IPv4' },
  remotePort: { value: 50_000 },
  localAddress: { value: '127.0.0.1' },
  localPort: { value: 80 },
  setTimeout: { value: itself },
  setNoDelay: { value: itself },
  setKeepAlive: { value: itself },
  ref: { value: itself },
  unref: { value: itself },
}

/** Both ends of a connection between a client and a server of this process. Bytes go through; no socket is opened. */
export function memoryConnection(): { client: Duplex; served: Duplex } {
  const [client, served] = duplexPair()
  Object.defineProperties(client, SOCKET_MANNERS)
  Object.defineProperties(served, SOCKET_MANNERS)
  // What one end does not see when the other is destroyed, a kernel would tell it.
  client.on('close', () => served.destroy())
  served.on('close', () => client.destroy())
  return { client, served }
}

function itself(this: unknown): unknown {
  return this
}
