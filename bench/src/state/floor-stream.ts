import { once } from 'node:events'
import { connect } from 'node:net'
import { nodeScript } from '../process/line-process.js'

const CHUNK_BYTES = 65_536

/** How fast so many bytes go from this process to another over a bare socket of this host, MB/s. */
export async function floorMbPerSecond(bytes: number): Promise<number> {
  const receiver = nodeScript('state/floor-node.js', [])
  try {
    const { port } = await receiver.ready<{ port: number }>()
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    const startedMs = performance.now()
    const chunk = Buffer.alloc(CHUNK_BYTES, 'x')
    for (let left = bytes; left > 0; left -= CHUNK_BYTES) if (!socket.write(chunk)) await once(socket, 'drain')
    socket.end()
    await once(socket, 'data')
    return bytes / 1e6 / ((performance.now() - startedMs) / 1000)
  } finally {
    await receiver.stop()
  }
}
