// One host's end of a probe: says datagrams to the group and counts what it hears, and has a connection on which everything comes back. Asked by IPC.
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'

const { host, group, port } = JSON.parse(process.argv[2])
const PACE_MS = 2
const PATIENCE_MS = 1_500

let heard = 0
const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.on('message', (_, from) => {
  if (from.address !== host) heard++
})
await new Promise(resolve => socket.bind(port, resolve))
socket.addMembership(group, host)
socket.setMulticastInterface(host)
const server = createServer(echo => echo.on('error', () => {}).pipe(echo))
await new Promise(resolve => server.listen(port, host, resolve))

let connection
let fate
/** Called with each piece that comes back, and when the connection ends. */
let came = () => {}

const asks = {
  say: async ({ count }) => {
    for (let n = 0; n < count; n++) {
      socket.send(Buffer.alloc(100), port, group, () => {})
      await new Promise(resolve => setTimeout(resolve, PACE_MS))
    }
  },
  heard: () => {
    const count = heard
    heard = 0
    return count
  },
  connect: ({ to }) => {
    fate = undefined
    return new Promise(resolve => {
      connection = connect({ host: to, port, noDelay: true }, () => resolve('connected'))
      connection.on('data', bytes => came(bytes.length))
      connection.on('error', error => {
        fate = error.code
        came(0)
        resolve(fate)
      })
    })
  },
  /** How long so many bytes take to come back, ms; or what became of the connection; or nothing, when nothing comes. */
  echo: ({ bytes }) =>
    new Promise(resolve => {
      const beganMs = performance.now()
      const timer = setTimeout(() => resolve('silence'), PATIENCE_MS)
      let left = bytes
      came = count => {
        left -= count
        if (left > 0 && fate === undefined) return
        clearTimeout(timer)
        resolve(fate ?? performance.now() - beganMs)
      }
      connection.write(Buffer.alloc(bytes))
    }),
}

process.on('message', async ({ ask, number, ...fields }) =>
  process.send({ number, value: (await asks[ask](fields)) ?? null }),
)
process.on('disconnect', () => process.exit())
process.send('ready')
