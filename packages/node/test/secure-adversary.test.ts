import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Address } from '@clowder/tribes'
import t, { type Test } from 'tap'
import { keepOpen, until } from './support/keep-open.js'
import { ManInTheMiddle, type Meddler } from './support/man-in-the-middle.js'
import { memberNetwork } from './support/secure-network.js'
import { StreamEnd } from './support/stream-end.js'

keepOpen()
const ANYWHERE = { host: '127.0.0.1', port: 0 }
const WORDS = Array.from({ length: 8 }, (_, i) => Buffer.from(`the session of Ada, part ${i}; `))
const SAID = Buffer.concat(WORDS)

/** A member that listens, and what it was handed. */
async function listening(t: Test, given: Parameters<typeof memberNetwork>[1] = {}) {
  const member = memberNetwork(undefined, given)
  const ends: StreamEnd[] = []
  const listener = await member.network.listen(ANYWHERE, stream => void ends.push(new StreamEnd(stream)))
  t.teardown(() => listener.close())
  return { ...member, listener, ends, address: listener.address }
}

async function silentSocket(t: Test, address: Address, localAddress?: string): Promise<Socket> {
  const socket = connect({ ...address, ...(localAddress !== undefined && { localAddress }) })
  socket.on('error', () => {}).resume()
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

t.test('who greets one byte at a time has no more time than anybody', async t => {
  const member = await listening(t, { greetingTimeoutMs: 150 })
  const socket = await silentSocket(t, member.address)
  const trickle = setInterval(() => socket.write('C'), 20)
  await once(socket, 'close')
  clearInterval(trickle)
  const slow = await silentSocket(t, member.address)
  const greeting = Buffer.from('CLWS\x01\x01\x01\0')
  let sent = 0
  const bytes = setInterval(() => slow.write(greeting.subarray(sent, ++sent)), 20)
  await once(slow, 'close')
  clearInterval(bytes)
  await until(() => member.network.inspect().halfOpen === 0)
  t.match(member.network.inspect(), { timedOut: 1, notSecured: 1 })
})

t.test('who greets well and then keeps silent is closed, too', async t => {
  const member = await listening(t, { handshakeTimeoutMs: 150 })
  const greeting = await recorded(t, member.address, conversation => conversation.subarray(0, 64))
  const socket = await silentSocket(t, member.address)
  socket.write(greeting)
  await once(socket, 'close')
  await until(() => member.network.inspect().halfOpen === 0)
  t.equal(member.network.inspect().timedOut, 1)
})

t.test('silent connections of one address push each other out, and a member at the same address gets in', async t => {
  const member = await listening(t)
  for (let i = 0; i < 30; i++) await silentSocket(t, member.address)
  await until(() => member.network.inspect().gaveWay === 14)
  t.equal(member.network.inspect().halfOpen, 16)
  t.match(member.warnings(), [{ message: /not authenticated yet; the oldest give way/ }])
  t.ok(await memberNetwork().network.connect(member.address, 1000))
})

t.test('silent connections of many addresses are bounded in all, and a member gets in', async t => {
  const member = await listening(t)
  for (let i = 0; i < 80; i++) await silentSocket(t, member.address, `127.0.1.${1 + (i % 16)}`)
  await until(() => member.network.inspect().gaveWay === 16)
  t.equal(member.network.inspect().halfOpen, 64)
  t.ok(await memberNetwork().network.connect(member.address, 1000))
  await member.listener.close()
  await until(() => member.network.inspect().halfOpen === 0)
})

t.test('nothing that members say can be read on the way', async t => {
  const member = await listening(t)
  const man = await manBefore(t, member.address)
  const stream = await memberNetwork().network.connect(man.address, 1000)
  for (const word of WORDS) stream.write([word])
  await until(() => member.ends[0]?.received.length === SAID.length)
  t.equal(member.ends[0]!.text, SAID.toString())
  const heard = Buffer.concat(man.heard.map(({ bytes }) => bytes))
  t.ok(heard.length > SAID.length)
  for (const word of ['session', 'of Ada', 'part ']) t.notOk(heard.includes(word))
})

t.test(
  'a conversation that was recorded says nothing when it is played again, to the same member or another',
  async t => {
    const [first, other] = [await listening(t), await listening(t)]
    const conversation = await recorded(t, first.address, bytes => bytes)
    const handed = first.ends.length
    for (const member of [first, other]) {
      for (const length of [conversation.length, 64, 65, conversation.length >> 1]) {
        const socket = await silentSocket(t, member.address)
        socket.end(conversation.subarray(0, length))
        await once(socket, 'close')
      }
    }
    t.equal(first.ends.length, handed)
    t.equal(other.ends.length, 0)
  },
)

t.test('whoever changes any byte on the way gets a closed connection, and nothing false is heard', async t => {
  const member = await listening(t)
  const whole = (await recorded(t, member.address, bytes => bytes)).length
  for (const side of ['dialler', 'acceptor'] as const) {
    for (let at = 0; at < whole; at += side === 'dialler' ? 11 : 23) {
      let seen = 0
      const heard = await through(t, member, (bytes, target, direction) => {
        if (direction === side && at >= seen && at < seen + bytes.length) bytes[at - seen]! ^= 0x20
        if (direction === side) seen += bytes.length
        target.write(bytes)
      })
      t.ok(SAID.includes(heard.subarray(0)) && SAID.indexOf(heard) <= 0, `${side}, byte ${at}: ${heard.length} heard`)
    }
  }
})

t.test('whoever leaves parts out, doubles or swaps them gets a closed connection', async t => {
  const member = await listening(t)
  const meddlers: Record<string, (part: number) => Meddler> = {
    'left out': part => counting(part, () => {}),
    doubled: part => counting(part, (bytes, target) => void target.write(Buffer.concat([bytes, bytes]))),
    cut: part => counting(part, (bytes, target) => void target.end(bytes.subarray(0, bytes.length >> 1))),
  }
  for (const [name, meddler] of Object.entries(meddlers)) {
    for (let part = 1; part < 5; part++) {
      const heard = await through(t, member, meddler(part))
      t.ok(heard.length < SAID.length && SAID.indexOf(heard) <= 0, `part ${part} ${name}: ${heard.length} heard`)
    }
  }
})

/** Does something to one part of what the dialler says. */
function counting(part: number, meddle: (bytes: Buffer, target: Socket) => void): Meddler {
  let parts = 0
  return (bytes, target, direction) => {
    if (direction === 'dialler' && ++parts === part) meddle(bytes, target)
    else target.write(bytes)
  }
}

async function manBefore(t: Test, address: Address, meddle?: Meddler): Promise<ManInTheMiddle> {
  const man = await ManInTheMiddle.before(address, meddle)
  t.teardown(() => man.close())
  return man
}

/** What the dialler says when all goes well. */
async function recorded(t: Test, address: Address, part: (conversation: Buffer) => Buffer): Promise<Buffer> {
  const man = await manBefore(t, address)
  const stream = await memberNetwork().network.connect(man.address, 1000)
  for (const word of WORDS) {
    const before = man.heard.length
    stream.write([word])
    await until(() => man.heard.length > before)
  }
  return part(man.saidBy('dialler'))
}

/** What the acceptor hears of the words of a dialler, with somebody between, until the connection is closed or everything was heard. */
async function through(t: Test, member: Awaited<ReturnType<typeof listening>>, meddle: Meddler): Promise<Buffer> {
  const man = await manBefore(t, member.address, meddle)
  const handed = member.ends.length
  const end = await memberNetwork()
    .network.connect(man.address, 300)
    .then(
      stream => new StreamEnd(stream),
      () => undefined,
    )
  if (!end) return Buffer.alloc(0)
  for (const word of WORDS) {
    end.stream.write([word])
    await new Promise(resolve => setImmediate(resolve))
  }
  end.stream.end()
  await until(() => end.closed.length > 0 && (member.ends[handed]?.closed.length ?? 1) > 0)
  man.close()
  return member.ends[handed]?.received ?? Buffer.alloc(0)
}
