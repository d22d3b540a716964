import { createHash, randomBytes } from 'node:crypto'
import { type Cluster, createCluster } from 'clowder'
import t from 'tap'
import { freshMulticastPort } from '../support/test-cluster.js'

// Acceptance cases that Tomcat's own suite has for its channel, over real sockets.

const SENDERS = 20
const MESSAGES_EACH = 50
const BODY_BYTES = 64 * 1024
const MARK = 0x58
const DIGEST_BYTES = 32

async function pair(): Promise<[Cluster, Cluster]> {
  const options = { logger: false as const, membership: { port: freshMulticastPort() } }
  const one = await createCluster({ ...options, jvmRoute: 'one' })
  const two = await createCluster({ ...options, jvmRoute: 'two' })
  if (one.members().length === 0) await new Promise<void>(resolve => one.on('memberAdded', () => resolve()))
  return [one, two]
}

/** `mark · u16 sender · u16 number · SHA-256 of the rest · the rest`. */
function newBody(sender: number, number: number): Buffer {
  const payload = randomBytes(1 + ((sender * 7919 + number * 104_729) % BODY_BYTES))
  const head = Buffer.alloc(5)
  head[0] = MARK
  head.writeUInt16BE(sender, 1)
  head.writeUInt16BE(number, 3)
  return Buffer.concat([head, createHash('sha256').update(payload).digest(), payload])
}

function isIntact(body: Uint8Array): boolean {
  const payload = body.subarray(5 + DIGEST_BYTES)
  return createHash('sha256')
    .update(payload)
    .digest()
    .equals(body.subarray(5, 5 + DIGEST_BYTES))
}

// Nothing of a cluster keeps the process open, and this test has nothing else that would.
const hold = setInterval(() => {}, 1_000_000)
t.teardown(() => clearInterval(hold))

for (const guarantee of ['asynchronous', 'use-ack', 'synchronized-ack'] as const) {
  t.test(
    `${SENDERS} senders at a time, ${guarantee}: every message arrives once, whole, and in its sender's order`,
    async t => {
      const [one, two] = await pair()
      t.teardown(() => Promise.all([one.stop(), two.stop()]))
      const received = new Map<number, number[]>()
      let damaged = 0
      let missing = SENDERS * MESSAGES_EACH
      const allArrived = new Promise<void>(resolve => {
        two.channel.addChannelListener({
          accept: ({ body }) => body[0] === MARK,
          messageReceived: ({ body }) => {
            const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
            const sender = view.readUInt16BE(1)
            received.set(sender, [...(received.get(sender) ?? []), view.readUInt16BE(3)])
            if (!isIntact(body)) damaged++
            if (--missing === 0) resolve()
          },
        })
      })
      const send = (body: Buffer) =>
        new Promise<void>((resolve, reject) =>
          one.channel.post(
            one.members(),
            body,
            { guarantee },
            {
              settled: ({ faulty }) => (faulty[0] ? reject(faulty[0].cause) : resolve()),
            },
          ),
        )
      const sender = async (_: unknown, number: number) => {
        for (let n = 0; n < MESSAGES_EACH; n++) await send(newBody(number, n))
      }
      await Promise.all(Array.from({ length: SENDERS }, sender))
      await allArrived
      t.equal(damaged, 0)
      const inOrder = Array.from({ length: MESSAGES_EACH }, (_, n) => n)
      for (let n = 0; n < SENDERS; n++) t.strictSame(received.get(n), inOrder, `sender ${n}`)
    },
  )
}

t.test('a listener that throws fails exactly its message for the sender, and nothing is delivered twice', async t => {
  const [one, two] = await pair()
  t.teardown(() => Promise.all([one.stop(), two.stop()]))
  const delivered: number[] = []
  two.channel.addChannelListener({
    accept: ({ body }) => body[0] === MARK,
    messageReceived: ({ body }) => {
      delivered.push(body[1]!)
      if (body[1]! % 2 === 1) throw new Error('refused by the listener')
    },
  })
  const failed: number[] = []
  const sent = Array.from({ length: 200 }, (_, n) => {
    const body = Buffer.from([MARK, n])
    return new Promise<void>(resolve =>
      one.channel.post(
        one.members(),
        body,
        { guarantee: 'synchronized-ack' },
        {
          memberFailed: ({ cause }) => {
            if ((cause as { code?: string }).code === 'TRIBES_REMOTE_PROCESS') failed.push(n)
          },
          settled: () => resolve(),
        },
      ),
    )
  })
  await Promise.all(sent)
  t.strictSame(
    failed,
    Array.from({ length: 100 }, (_, n) => 2 * n + 1),
  )
  t.strictSame(
    delivered,
    Array.from({ length: 200 }, (_, n) => n),
  )
})
