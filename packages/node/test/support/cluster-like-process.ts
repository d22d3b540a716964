// A process with everything that a cluster opens. `talk`: says hello to the group until it hears an answer. `alone`: until it hears itself.
// Otherwise it should end by itself.
import { nodeClock, nodeNetwork } from '../../src/index.js'

const [port, mode] = process.argv.slice(2)
const options = { group: '228.0.0.4', port: Number(port), loopbackDisabled: false }
const group = await nodeNetwork.joinMulticast(options, { datagram: heard, failed: () => {} })

if (mode === 'talk') {
  process.send?.('ready')
  setInterval(() => group.send(Buffer.from('from the child')), 20)
} else if (mode === 'alone') {
  await group.send(Buffer.from('from the parent'))
  setTimeout(() => process.exit(1), 5000)
} else {
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, stream => stream.open(silent()))
  const stream = await nodeNetwork.connect(listener.address, 1000)
  stream.open(silent())
  stream.write([Buffer.from('x')])
  await group.send(Buffer.from('x'))
  nodeClock.setTimer(60_000, () => {})
  process.stdout.write('all open')
}

function heard(bytes: Uint8Array): void {
  if (Buffer.from(bytes).toString() === 'from the parent') process.exit(42)
}

function silent() {
  return { data() {}, drained() {}, closed() {} }
}
