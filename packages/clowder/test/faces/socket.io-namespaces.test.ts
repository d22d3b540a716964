import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { ChannelMessage, Member } from '@clowder/tribes'
import { type ClusterMessage, MessageType } from 'socket.io-adapter'
import t, { type Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.js'
import { AdapterChannel } from '../../src/faces/socket.io/adapter-channel.js'
import { PartWriter } from '../../src/faces/socket.io/message-parts.js'
import { encodePacket } from '../../src/faces/socket.io/packet-codec.js'
import { isolated, startMembers } from '../support/test-node.js'
import { connected, type SocketSite, socketSite, told, Visitor } from './support/socket-site.js'

const ROOMS = /^\/room-/

/** Two members whose namespaces come with their first client, and go with their last. */
async function twoSites(t: Test): Promise<[SocketSite, SocketSite]> {
  const clusters = await startMembers(['a', 'b'], isolated('namespaces'))
  t.teardown(() => Promise.all(clusters.map(cluster => cluster.stop())))
  const options = { cleanupEmptyChildNamespaces: true }
  const [a, b] = await Promise.all(clusters.map(cluster => socketSite(t, cluster, undefined, options)))
  for (const { io } of [a!, b!]) await serverCount(io.of('/').adapter, 2)
  return [a!, b!]
}

/** Adapters get to know each other by messages, for which there is no event. */
async function serverCount(adapter: { serverCount(): Promise<number> }, count: number): Promise<void> {
  while ((await adapter.serverCount()) !== count) await setImmediate()
}

for (const verb of ['emit', 'serverSideEmit'] as const)
  t.test(`a namespace whose last socket says goodbye by ${verb} is heard, and not waited for`, async t => {
    const [a, b] = await twoSites(t)
    for (const { io } of [a, b])
      io.of(ROOMS).on('connection', socket => socket.on('disconnect', () => socket.nsp[verb]('left', socket.id)))
    const stays = await connected(t, a, { namespace: '/room-1' })
    const goes = await connected(t, b, { namespace: '/room-1' })
    const room = a.io.of('/room-1')
    await serverCount(room.adapter, 2)
    const left = verb === 'emit' ? told(stays, 'left') : once(room, 'left')
    const { id } = goes
    goes.disconnect()
    t.strictSame(await left, [id])
    t.equal((await room.fetchSockets()).length, 1)
  })

t.test('an answer that comes when its namespace has gone has nobody wait for the next', async t => {
  const [a, b] = await twoSites(t)
  for (const { io } of [a, b]) io.of(ROOMS)
  await connected(t, a, { namespace: '/room-1' })
  const goes = await connected(t, b, { namespace: '/room-1' })
  const room = a.io.of('/room-1')
  await serverCount(room.adapter, 2)
  const asked = once(b.io.of('/room-1'), 'sum')
  const answered = room.serverSideEmitWithAck('sum')
  const [answer] = await asked
  goes.disconnect()
  t.strictSame(await answered, [], 'it is not waited for')
  const heard = once(a.io, 'last')
  answer(1)
  b.io.serverSideEmit('last')
  await heard
  t.equal((await room.fetchSockets()).length, 1)
})

t.test('a socket that the application sends away at once is not kept until its session ends', async t => {
  const [a] = await twoSites(t)
  let calls = 0
  a.io.of(ROOMS).on('connection', socket => {
    const { disconnect } = socket
    socket.disconnect = (close?: boolean) => {
      calls++
      return disconnect.call(socket, close)
    }
    socket.disconnect()
  })
  const ada = new Visitor()
  await ada.ask(a, '/login/ada')
  await connected(t, a, { namespace: '/room-1', extraHeaders: { cookie: ada.cookie } })
  t.equal(calls, 1)
  await ada.ask(a, '/logout')
  t.equal(calls, 1)
})

t.test('namespaces that have gone are forgotten one by one, on members that never had them too', async t => {
  const source = { id: 'b', name: 'b', host: '127.0.0.1', port: 4000 } as unknown as Member
  const posted: unknown[] = []
  const channel = { post: (to: unknown) => void posted.push(to) }
  const adapters = new AdapterChannel({ channel, members: () => [source] } as unknown as Cluster, '', 1e6)
  const writer = new PartWriter('')
  const hear = (message: object) => {
    const said = { uid: 'room-1', nsp: '/room-1', ...message } as ClusterMessage
    for (const body of writer.parts(encodePacket(said))) adapters.messageReceived({ body, source } as ChannelMessage)
  }
  const reply = () => adapters.reply('room-1', { type: MessageType.HEARTBEAT, uid: 'here', nsp: '/room-1' })
  hear({ type: MessageType.INITIAL_HEARTBEAT })
  reply()
  t.strictSame(posted, [[source]])
  hear({ type: MessageType.ADAPTER_CLOSE })
  reply()
  t.equal(posted.length, 1, 'nobody knows any more where it was')
})
