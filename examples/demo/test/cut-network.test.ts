import { nodeNetwork } from '@clowder/node'
import type { Stream } from '@clowder/tribes'
import t, { type Test } from 'tap'
import { Cable } from '../src/cable.js'
import { CutNetwork } from '../src/cut-network.js'

const ANYWHERE = { host: '127.0.0.1', port: 0 }

/** What one end of a stream has heard, and a way to wait for it. */
class Ear {
  text = ''
  isClosed = false
  #waiting: (() => void) | undefined

  constructor(stream: Stream) {
    stream.open({
      data: bytes => this.#hear(() => (this.text += Buffer.from(bytes).toString())),
      drained() {},
      closed: () => this.#hear(() => (this.isClosed = true)),
    })
  }

  async until(isTrue: (ear: Ear) => boolean): Promise<void> {
    while (!isTrue(this)) await new Promise<void>(resolve => (this.#waiting = resolve))
  }

  #hear(note: () => void): void {
    note()
    this.#waiting?.()
  }
}

/** Two ends of one connection; `near` is behind the cable. */
async function connected(t: Test) {
  // The sockets of a Network do not keep the process open.
  const hold = setInterval(() => {}, 1000)
  const cable = new Cable()
  const network = new CutNetwork(nodeNetwork, cable)
  let accept: (far: { stream: Stream; ear: Ear }) => void
  const accepted = new Promise<{ stream: Stream; ear: Ear }>(resolve => (accept = resolve))
  const listener = await nodeNetwork.listen(ANYWHERE, stream => accept({ stream, ear: new Ear(stream) }))
  const near = await network.connect(listener.address, 1000)
  const nearEar = new Ear(near)
  const far = await accepted
  t.teardown(async () => {
    cable.reconnect()
    near.destroy()
    far.stream.destroy()
    await listener.close()
    clearInterval(hold)
  })
  return { cable, network, listener, near, nearEar, ...far }
}

function bytes(text: string): Uint8Array[] {
  return [Buffer.from(text)]
}

t.test('what is written on either side during a cut arrives after it, in order', async t => {
  const { cable, near, nearEar, stream, ear } = await connected(t)
  near.write(bytes('before '))
  await ear.until(e => e.text === 'before ')
  cable.cut()
  near.write(bytes('one '))
  near.write(bytes('two'))
  stream.write(bytes('from afar'))
  await new Promise(setImmediate)
  t.equal(ear.text, 'before ')
  t.equal(nearEar.text, '')
  t.equal(near.bufferedBytes, 7)
  cable.reconnect()
  await ear.until(e => e.text === 'before one two')
  await nearEar.until(e => e.text === 'from afar')
})

t.test('neither side hears during a cut that the other has closed', async t => {
  const { cable, near, nearEar, ear } = await connected(t)
  cable.cut()
  near.destroy()
  await nearEar.until(e => e.isClosed)
  t.equal(ear.isClosed, false)
  cable.reconnect()
  await ear.until(e => e.isClosed)
})

t.test('what the far side closed during a cut is heard after it', async t => {
  const { cable, nearEar, stream } = await connected(t)
  cable.cut()
  stream.destroy()
  await new Promise(setImmediate)
  t.equal(nearEar.isClosed, false)
  cable.reconnect()
  await nearEar.until(e => e.isClosed)
})

t.test('a dial during a cut gets no answer', async t => {
  const { cable, network, listener } = await connected(t)
  cable.cut()
  await t.rejects(network.connect(listener.address, 20), { code: 'ETIMEDOUT' })
})

t.test('whoever dials in during a cut is connected and never answered, and told after it', async t => {
  const { cable, network } = await connected(t)
  const accepted: Stream[] = []
  const listener = await network.listen(ANYWHERE, stream => void accepted.push(stream))
  t.teardown(() => listener.close())
  cable.cut()
  const dialled = await nodeNetwork.connect(listener.address, 1000)
  const ear = new Ear(dialled)
  dialled.write(bytes('hello'))
  await new Promise(setImmediate)
  t.strictSame(accepted, [])
  t.equal(ear.isClosed, false)
  cable.reconnect()
  await ear.until(e => e.isClosed)
})
