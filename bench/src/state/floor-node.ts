/* The receiving end of a bare stream: says its port, reads, and says one byte when the other side has ended. Ends with its input. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { serveLines } from '../process/line-commands.js'

const server = createServer({ allowHalfOpen: true }, socket => {
  socket.resume().once('end', () => socket.end('.'))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
await serveLines({ port: (server.address() as AddressInfo).port }, {})
